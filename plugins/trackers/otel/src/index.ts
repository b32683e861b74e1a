import { definePlugin, TRACKER } from "@autotraj/core/plugin";
import { Exporting } from "./export.ts";
import { OPTIONS_SCHEMA, type OtelTrackerOptions } from "./options.ts";
import { Spans } from "./spans.ts";

export type { OtelTrackerOptions } from "./options.ts";

export default definePlugin<OtelTrackerOptions>({
  meta: {
    name: "@autotraj/tracker-otel",
    apiVersion: 1,
    kind: "tracker",
    description: "Runs as OpenTelemetry GenAI spans over OTLP HTTP: Langfuse, Phoenix, MLflow, any collector",
    options: OPTIONS_SCHEMA,
    provides: [TRACKER],
    supports: { network: true },
  },
  setup(api, options) {
    const exporting = new Exporting(options);
    const spans = new Spans(exporting.tracer, options.traces);
    let last = Date.now();
    api.provide(TRACKER, {
      content: options.content,
      async track(events) {
        for (const event of events) spans.tell(event);
        last = events.at(-1)?.at ?? last;
        await exporting.send();
      },
    });
    api.onDispose(async () => {
      spans.close(last);
      try {
        await exporting.send();
      } finally {
        await exporting.close();
      }
    });
  },
});
