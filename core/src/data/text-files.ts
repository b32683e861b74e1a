/** The bytes of text files as UTF-8: gzip is unpacked and UTF-16 rewritten on the way; what is no text is named, never read as if it were. */
import { createReadStream } from "node:fs";
import { PassThrough, pipeline, type Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { AutoTrajError, messageOf } from "../kernel/errors.ts";

const OTHERS: readonly { readonly magic: string; readonly what: string; readonly hint: string }[] = [
  { magic: "504b0304", what: "a zip archive", hint: "Unpack it and name the file inside." },
  { magic: "28b52ffd", what: "packed with zstd", hint: "Unpack it: zstd -d FILE." },
  { magic: "fd377a585a00", what: "packed with xz", hint: "Unpack it: xz -d FILE." },
  { magic: "425a68", what: "packed with bzip2", hint: "Unpack it: bzip2 -d FILE." },
  { magic: "50415231", what: "a Parquet file", hint: "Write it as JSONL first, one row a line." },
  { magic: "53514c69746520666f726d6174", what: "an SQLite database", hint: "Write its rows as JSONL first, one row a line." },
  { magic: "4152524f5731", what: "an Arrow file", hint: "Write it as JSONL first, one row a line." },
];
const GZIP = "1f8b";

/**
 * The file's content as UTF-8 bytes, in chunks. `onBytes` sees the bytes as they lie on the disk. Whether they are valid UTF-8 is for the reader to check,
 * which knows the place. @throws ATRAJ_TEXT_INVALID for archives, tables and damaged gzip; the file system's errors as they are
 */
export async function* textBytes(file: string, onBytes: (chunk: Buffer) => void = () => {}): AsyncGenerator<Buffer> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let first = true;
  for await (const chunk of unpacked(file, onBytes)) {
    if (first) {
      const encoding = utf16Of(chunk);
      if (encoding !== undefined) decoder = new TextDecoder(encoding);
      first = false;
    }
    yield decoder === undefined ? chunk : Buffer.from(decoder.decode(chunk, { stream: true }));
  }
  if (decoder !== undefined) yield Buffer.from(decoder.decode());
}

async function* unpacked(file: string, onBytes: (chunk: Buffer) => void): AsyncGenerator<Buffer> {
  const source = createReadStream(file) as AsyncIterable<Buffer>;
  const chunks = source[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return;
  const start = first.value.toString("hex", 0, 16);
  const other = OTHERS.find(({ magic }) => start.startsWith(magic));
  if (other !== undefined) {
    await chunks.return?.();
    throw new AutoTrajError("ATRAJ_TEXT_INVALID", { who: file, what: `it is ${other.what}, not text.`, hint: other.hint });
  }
  const all = async function* () {
    onBytes(first.value);
    yield first.value;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
      onBytes(next.value);
      yield next.value;
    }
  };
  if (!start.startsWith(GZIP)) yield* all();
  else yield* gunzipped(file, all());
}

async function* gunzipped(file: string, packed: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  // A pipeline's error reaches the reader of its last stream.
  const plain: Readable = pipeline(packed, createGunzip(), new PassThrough(), () => {});
  try {
    yield* plain as AsyncIterable<Buffer>;
  } catch (error) {
    throw new AutoTrajError("ATRAJ_TEXT_INVALID", {
      who: file,
      what: `it is packed with gzip and damaged: ${messageOf(error)}.`,
      hint: "Fetch it again, or unpack what is left of it: gzip -dc FILE.",
      cause: error,
    });
  }
}

/** By its mark, or by the zero bytes beside the ASCII that JSON begins with. */
function utf16Of(start: Buffer): "utf-16le" | "utf-16be" | undefined {
  const [a, b, c, d] = start;
  if ((a === 0xff && b === 0xfe) || (a !== 0 && b === 0 && c !== 0 && d === 0)) return "utf-16le";
  if ((a === 0xfe && b === 0xff) || (a === 0 && b !== 0 && c === 0 && d !== 0)) return "utf-16be";
  return undefined;
}
