/** A tracker is told what happens in a run, and changes nothing in it. */
import { appendFile } from "node:fs/promises";
import { join } from "node:path";
import { definePlugin, type RunEvent, TRACKER } from "@autotraj/core/plugin";

interface Options {
  readonly events: readonly string[];
}

export default definePlugin<Options>({
  meta: {
    name: "{{package}}",
    apiVersion: 1,
    kind: "tracker",
    description: "{{description}}",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        events: {
          type: "array",
          items: { type: "string", minLength: 1 },
          default: ["model-call", "tool-call", "incident"],
          description: "The events that get a line, as `RunEvent` of the contract names them.",
        },
      },
    },
    provides: [TRACKER],
    supports: { network: false },
  },
  setup(api, { events: wanted }) {
    let folder: string | undefined;
    api.provide(TRACKER, {
      // Without texts. `true` asks for prompts, answers and reasons beside the figures.
      content: false,
      /** Called about once a second, never twice at a time. The run does not wait for it; what it throws is an incident. */
      async track(events) {
        folder ??= folderOf(events);
        const lines = events.filter(({ event }) => wanted.includes(event)).map((event) => `${JSON.stringify(event)}\n`);
        if (folder !== undefined && lines.length > 0) await appendFile(join(folder, "{{name}}.jsonl"), lines.join(""));
      },
    });
  },
});

/** Where the run keeps its files. Undefined outside of any run: what is served to a trainer elsewhere is tracked too. */
function folderOf(events: readonly RunEvent[]): string | undefined {
  for (const event of events)
    if (event.event === "start" && event.activity.kind === "run") return event.activity.runDir;
  return undefined;
}
