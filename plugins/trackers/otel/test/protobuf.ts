/** Reads an ExportTraceServiceRequest from protobuf's wire format, by the field numbers of opentelemetry/proto/trace/v1/trace.proto. */
import type { ReceivedSpan } from "./receiver.ts";

/** Fields of one message by number: varints and fixed numbers as bigint, everything else as bytes. */
type Fields = ReadonlyMap<number, readonly (bigint | Buffer)[]>;

function fieldsOf(bytes: Buffer): Fields {
  const fields = new Map<number, (bigint | Buffer)[]>();
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error("the message ends inside a number");
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  const take = (length: number) => {
    if (at + length > bytes.length) throw new Error("the message ends inside a field");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const [number, wire] = [Number(tag >> 3n), Number(tag & 7n)];
    const value =
      wire === 0 ? varint() : wire === 1 ? take(8).readBigUInt64LE() : wire === 2 ? take(Number(varint())) : BigInt(take(4).readUInt32LE());
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

const messages = (fields: Fields, number: number): Fields[] => (fields.get(number) ?? []).map((one) => fieldsOf(one as Buffer));
const bytes = (fields: Fields, number: number): Buffer => (fields.get(number)?.[0] ?? Buffer.alloc(0)) as Buffer;
const text = (fields: Fields, number: number): string => bytes(fields, number).toString("utf8");
const count = (fields: Fields, number: number): bigint => (fields.get(number)?.[0] ?? 0n) as bigint;

export function tracesOfProtobuf(body: Buffer): ReceivedSpan[] {
  return messages(fieldsOf(body), 1).flatMap((resourceSpans) => {
    const [resource] = messages(resourceSpans, 1);
    return messages(resourceSpans, 2).flatMap((scopeSpans) =>
      messages(scopeSpans, 2).map((span) => spanOf(span, resource === undefined ? {} : attributesOf(resource, 1))),
    );
  });
}

function spanOf(span: Fields, resource: Readonly<Record<string, unknown>>): ReceivedSpan {
  const [status] = messages(span, 15);
  return {
    traceId: bytes(span, 1).toString("hex"),
    spanId: bytes(span, 2).toString("hex"),
    parentSpanId: bytes(span, 4).toString("hex"),
    name: text(span, 5),
    kind: Number(count(span, 6)),
    start: count(span, 7),
    end: count(span, 8),
    attributes: attributesOf(span, 9),
    events: messages(span, 11).map((event) => ({ name: text(event, 2), attributes: attributesOf(event, 3) })),
    links: messages(span, 13).map((link) => ({ traceId: bytes(link, 1).toString("hex"), spanId: bytes(link, 2).toString("hex") })),
    status: { code: status === undefined ? 0 : Number(count(status, 3)), message: status === undefined ? "" : text(status, 2) },
    resource,
  };
}

function attributesOf(fields: Fields, number: number): Record<string, unknown> {
  return Object.fromEntries(messages(fields, number).map((pair) => [text(pair, 1), attributeOf(fieldsOf(bytes(pair, 2)))]));
}

function attributeOf(value: Fields): unknown {
  if (value.has(1)) return text(value, 1);
  if (value.has(2)) return count(value, 2) === 1n;
  if (value.has(3)) return Number(count(value, 3));
  if (value.has(4)) {
    const double = Buffer.alloc(8);
    double.writeBigUInt64LE(count(value, 4));
    return double.readDoubleLE();
  }
  if (value.has(5)) return messages(fieldsOf(bytes(value, 5)), 1).map(attributeOf);
  throw new Error(`an attribute of an unknown kind: ${[...value.keys()].join(", ")}`);
}
