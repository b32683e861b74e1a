/** The SDK's part: spans that have ended, sent where the options say. */

import type { Tracer } from "@opentelemetry/api";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { type ReadableSpan, type SpanExporter, type SpanProcessor, TracerProvider } from "@opentelemetry/sdk-trace";
import type { OtelTrackerOptions } from "./options.ts";

/** Servers take some megabytes at once. */
const SPANS_PER_REQUEST = 256;
/** More than any span of ours has: nothing is cut off in silence. */
const SPAN_LIMITS = { attributeCountLimit: 4096, eventCountLimit: 4096, attributePerEventCountLimit: 4096 };

export class Exporting {
  readonly tracer: Tracer;
  readonly #exporter: SpanExporter;
  readonly #ended: ReadableSpan[] = [];

  constructor({ protocol, endpoint: url, headers, timeoutMs: timeoutMillis, serviceName, resource }: OtelTrackerOptions) {
    const Exporter = protocol === "json" ? JsonExporter : ProtobufExporter;
    this.#exporter = new Exporter({ url, headers: { ...headers }, timeoutMillis });
    const provider = new TracerProvider({
      resource: resourceFromAttributes({ ...resource, "service.name": serviceName }),
      spanLimits: SPAN_LIMITS,
      spanProcessors: [this.#gathering()],
    });
    this.tracer = provider.getTracer("@autotraj/tracker-otel");
  }

  /** Sends what has ended. The SDK's batch processor would tell nobody what could not be sent. @throws the first failure, once all was tried */
  async send(): Promise<void> {
    const failures: unknown[] = [];
    while (this.#ended.length > 0) {
      const spans = this.#ended.splice(0, SPANS_PER_REQUEST);
      await this.#export(spans).catch((error: unknown) => failures.push(error));
      // Where nobody listens, every further request would take its whole time too.
      if (failures.length > 0) break;
    }
    const lost = failures.length > 0 ? this.#ended.splice(0).length : 0;
    if (failures.length > 0) throw new Error(`spans could not be sent${lost > 0 ? `, ${lost} more were not tried` : ""}: ${messageOf(failures[0])}`);
  }

  async close(): Promise<void> {
    await this.#exporter.shutdown();
  }

  #export(spans: ReadableSpan[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#exporter.export(spans, ({ code, error }) => (code === 0 ? resolve() : reject(error ?? new Error("the server did not take them"))));
    });
  }

  #gathering(): SpanProcessor {
    return {
      onStart: () => {},
      onEnd: (span) => void this.#ended.push(span),
      forceFlush: () => this.send(),
      shutdown: () => this.close(),
    };
  }
}

/** An error of the exporter has the server's answer beside its message. */
function messageOf(error: unknown): string {
  const { message, code, data } = error as { readonly message?: string; readonly code?: number | string; readonly data?: string };
  const parts = [message, code === undefined ? undefined : `(${code})`, data];
  return parts.filter((part) => part !== undefined && part !== "").join(" ") || String(error);
}
