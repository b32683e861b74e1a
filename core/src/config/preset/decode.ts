/** The text of a preset file, whatever an editor saved it as. */
import { isUtf8 } from "node:buffer";

/** Text, or the line (from 1) at which it is none. UTF-8 with or without a byte order mark, UTF-16 with one. */
export function decode(bytes: Buffer): string | { readonly line: number } {
  const mark = bytes.subarray(0, 2).toString("hex");
  if (mark === "fffe" || mark === "feff") return new TextDecoder(mark === "fffe" ? "utf-16le" : "utf-16be").decode(bytes);
  const isText = isUtf8(bytes) && !bytes.includes(0);
  if (isText) return new TextDecoder().decode(bytes);
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf("\n", start);
    const part = bytes.subarray(start, end < 0 ? undefined : end);
    if (!isUtf8(part) || part.includes(0) || end < 0) break;
    start = end + 1;
  }
  return { line };
}
