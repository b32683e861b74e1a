/** Reads event files by what TensorFlow's documentation says of them, with no line of the plugin's own. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export interface ReadEvent {
  readonly wallTime: number;
  readonly step: number;
  readonly version?: string;
  readonly tag?: string;
  readonly value?: number;
  readonly histogram?: {
    readonly least: number;
    readonly most: number;
    readonly count: number;
    readonly sum: number;
    readonly limits: number[];
    readonly counts: number[];
  };
}

/** All event files of a folder, in the order of their names. */
export function readFolder(folder: string): ReadEvent[] {
  const files = readdirSync(folder).filter((name) => name.startsWith("events.out.tfevents."));
  return files.sort().flatMap((name) => readRecords(readFileSync(join(folder, name))).map(eventOf));
}

/** @throws where a length or a checksum is not right */
export function readRecords(file: Buffer): Buffer[] {
  const records: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const length = Number(file.readBigUInt64LE(at));
    check(file.subarray(at, at + 8), file.readUInt32LE(at + 8));
    const bytes = file.subarray(at + 12, at + 12 + length);
    check(bytes, file.readUInt32LE(at + 12 + length));
    records.push(bytes);
    at += 16 + length;
  }
  return records;
}

function check(bytes: Buffer, masked: number): void {
  const rotated = (masked - 0xa282ead8) >>> 0;
  const expected = ((rotated >>> 17) | (rotated << 15)) >>> 0;
  if (bitByBit(bytes) !== expected) throw new Error("a checksum is not right");
}

/** Polynomial division, a bit at a time. */
export function bitByBit(bytes: Buffer): number {
  let rest = 0xffffffff;
  for (const byte of bytes)
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = ((rest ^ (byte >> bit)) & 1) === 1;
      rest = (rest >>> 1) ^ (isOdd ? 0x82f63b78 : 0);
    }
  return (rest ^ 0xffffffff) >>> 0;
}

function bytesOf(fields: Fields, number: number): Buffer {
  const value = fields.get(number)?.[0];
  if (!(value instanceof Buffer)) throw new Error(`field ${number} is not there`);
  return value;
}

type Fields = Map<number, (number | Buffer)[]>;

function eventOf(bytes: Buffer): ReadEvent {
  const event = fieldsOf(bytes);
  const [summary] = event.get(5) ?? [];
  const known = { wallTime: double(event, 1), step: (event.get(2)?.[0] ?? 0) as number };
  const version = event.get(3)?.[0] as Buffer | undefined;
  if (summary === undefined) return { ...known, ...(version === undefined ? {} : { version: version.toString("utf8") }) };
  const value = fieldsOf(fieldsOf(summary as Buffer).get(1)?.[0] as Buffer);
  const tag = bytesOf(value, 1).toString("utf8");
  const histogram = value.get(5)?.[0] as Buffer | undefined;
  if (histogram === undefined) return { ...known, tag, value: bytesOf(value, 2).readFloatLE() };
  const fields = fieldsOf(histogram);
  const [least, most, count, sum] = [1, 2, 3, 4].map((number) => double(fields, number)) as [number, number, number, number];
  return { ...known, tag, histogram: { least, most, count, sum, limits: doubles(fields, 6), counts: doubles(fields, 7) } };
}

function fieldsOf(bytes: Buffer): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag & 7;
    let value: number | Buffer;
    if (wire === 0) value = varint();
    else {
      const length = wire === 1 ? 8 : wire === 5 ? 4 : varint();
      value = bytes.subarray(at, at + length);
      at += length;
    }
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

function double(fields: Fields, number: number): number {
  return (fields.get(number)?.[0] as Buffer | undefined)?.readDoubleLE() ?? 0;
}

function doubles(fields: Fields, number: number): number[] {
  const bytes = fields.get(number)?.[0] as Buffer;
  return Array.from({ length: bytes.length / 8 }, (_, index) => bytes.readDoubleLE(8 * index));
}
