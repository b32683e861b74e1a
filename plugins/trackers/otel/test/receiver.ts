/** A real OTLP HTTP receiver: what is posted to it, decoded from protobuf or JSON. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tracesOfProtobuf } from "./protobuf.ts";

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: number;
  /** Nanoseconds since 1970. */
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly { readonly name: string; readonly attributes: Readonly<Record<string, unknown>> }[];
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status: { readonly code: number; readonly message: string };
  readonly resource: Readonly<Record<string, unknown>>;
}

export interface Receiver {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** Bodies as they came, and their headers. */
  readonly requests: { readonly headers: Readonly<Record<string, unknown>>; readonly body: Buffer }[];
  close(): Promise<void>;
}

/** @param status what it answers */
export async function receiver(status = 200): Promise<Receiver> {
  const spans: ReceivedSpan[] = [];
  const requests: Receiver["requests"] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    requests.push({ headers: request.headers, body });
    const isJson = request.headers["content-type"] === "application/json";
    if (status === 200) spans.push(...(isJson ? tracesOfJson(JSON.parse(body.toString("utf8"))) : tracesOfProtobuf(body)));
    response.writeHead(status, { "content-type": isJson ? "application/json" : "application/x-protobuf" });
    response.end(status === 200 ? (isJson ? "{}" : "") : "the store is full");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    spans,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface JsonValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values: readonly JsonValue[] };
}
type JsonAttributes = readonly { readonly key: string; readonly value: JsonValue }[];
interface JsonSpan extends Pick<ReceivedSpan, "traceId" | "spanId" | "name" | "kind"> {
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: JsonAttributes;
  readonly events?: readonly { readonly name: string; readonly attributes?: JsonAttributes }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number; readonly message?: string };
}
interface JsonTraces {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: JsonAttributes };
    readonly scopeSpans: readonly { readonly spans: readonly JsonSpan[] }[];
  }[];
}

function tracesOfJson({ resourceSpans }: JsonTraces): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) => spans.map((span) => spanOfJson(span, attributesOfJson(resource.attributes)))),
  );
}

function spanOfJson(span: JsonSpan, resource: ReceivedSpan["resource"]): ReceivedSpan {
  const { traceId, spanId, parentSpanId = "", name, kind, startTimeUnixNano, endTimeUnixNano, attributes, events = [], links = [], status } = span;
  return {
    traceId,
    spanId,
    parentSpanId,
    name,
    kind,
    start: BigInt(startTimeUnixNano),
    end: BigInt(endTimeUnixNano),
    attributes: attributesOfJson(attributes),
    events: events.map((event) => ({ name: event.name, attributes: attributesOfJson(event.attributes) })),
    links: links.map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
    status: { code: status?.code ?? 0, message: status?.message ?? "" },
    resource,
  };
}

function attributesOfJson(list: JsonAttributes = []): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, valueOfJson(value)]));
}

function valueOfJson({ stringValue, boolValue, intValue, doubleValue, arrayValue, ...others }: JsonValue): unknown {
  const value =
    stringValue ?? boolValue ?? doubleValue ?? (intValue === undefined ? undefined : Number(intValue)) ?? arrayValue?.values.map(valueOfJson);
  if (value === undefined) throw new Error(`an attribute of an unknown kind: ${JSON.stringify(others)}`);
  return value;
}
