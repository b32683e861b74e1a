/** Event files as TensorBoard reads them: TFRecords of the protobuf message `Event` (tensorboard/compat/proto/event.proto, summary.proto). */
import { appendFile, mkdir } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { maskedCrc32c } from "./crc32c.ts";
import type { Histogram } from "./histogram.ts";

export interface Point {
  readonly tag: string;
  readonly value: number | Histogram;
  readonly step: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

let files = 0;

/** One file of a folder, written to its end. A second process writes another file into the same folder, and TensorBoard reads both as one run. */
export class EventFile {
  readonly #folder: string;
  readonly #path: string;
  #isBegun = false;

  constructor(folder: string, at: number) {
    this.#folder = folder;
    this.#path = join(folder, `events.out.tfevents.${String(Math.floor(at / 1000)).padStart(10, "0")}.${hostname()}.${process.pid}.${files++}`);
  }

  async write(points: readonly Point[]): Promise<void> {
    if (points.length === 0) return;
    const records = points.map((point) => record(eventOf(point)));
    if (!this.#isBegun) {
      await mkdir(this.#folder, { recursive: true });
      records.unshift(record(Buffer.concat([double(1, (points[0] as Point).at / 1000), text(3, "brain.Event:2")])));
      this.#isBegun = true;
    }
    await appendFile(this.#path, Buffer.concat(records));
  }
}

/** Length, its checksum, the bytes, their checksum. */
function record(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([length, checksum(length), bytes, checksum(bytes)]);
}

function checksum(bytes: Uint8Array): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32LE(maskedCrc32c(bytes));
  return sum;
}

function eventOf({ tag, value, step, at }: Point): Buffer {
  const said = typeof value === "number" ? float(2, value) : message(5, histogramOf(value));
  return Buffer.concat([double(1, at / 1000), integer(2, step), message(5, message(1, Buffer.concat([text(1, tag), said])))]);
}

function histogramOf(histogram: Histogram): Buffer {
  const { least, most, count, sum, squares } = histogram;
  const buckets = histogram.buckets();
  return Buffer.concat([
    double(1, least),
    double(2, most),
    double(3, count),
    double(4, sum),
    double(5, squares),
    doubles(
      6,
      buckets.map(({ limit }) => limit),
    ),
    doubles(
      7,
      buckets.map(({ count }) => count),
    ),
  ]);
}

/* ───────────────────────────── protobuf's wire format ───────────────────────────── */

const [VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES] = [0, 1, 2, 5];

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

function field(number: number, wire: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(BigInt((number << 3) | wire)), bytes]);
}

function integer(number: number, value: number): Buffer {
  return field(number, VARINT, varint(BigInt(Math.round(value))));
}

function double(number: number, value: number): Buffer {
  return field(number, EIGHT_BYTES, doubleBytes([value]));
}

function float(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return field(number, FOUR_BYTES, bytes);
}

function message(number: number, bytes: Uint8Array): Buffer {
  return field(number, BYTES, Buffer.concat([varint(BigInt(bytes.length)), bytes]));
}

function text(number: number, value: string): Buffer {
  return message(number, Buffer.from(value, "utf8"));
}

function doubles(number: number, values: readonly number[]): Buffer {
  return message(number, doubleBytes(values));
}

function doubleBytes(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [index, value] of values.entries()) bytes.writeDoubleLE(value, 8 * index);
  return bytes;
}
