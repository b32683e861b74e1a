/** Messages on a pipe, as python/frames.py has them: four bytes of length (big-endian), then JSON. */
import type { Readable, Writable } from "node:stream";

const LENGTH_BYTES = 4;

export function writeFrame(stream: Writable, message: object): void {
  const body = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(LENGTH_BYTES);
  head.writeUInt32BE(body.length);
  stream.write(Buffer.concat([head, body]));
}

export function onFrame(stream: Readable, receive: (message: unknown) => void): void {
  let pending: Buffer[] = [];
  let size = 0;
  stream.on("data", (data: Buffer) => {
    pending.push(data);
    size += data.length;
    while (size >= LENGTH_BYTES) {
      const all = pending.length === 1 ? pending[0]! : Buffer.concat(pending);
      const end = LENGTH_BYTES + all.readUInt32BE();
      pending = [all];
      if (size < end) return;
      receive(JSON.parse(all.toString("utf8", LENGTH_BYTES, end)));
      pending = [all.subarray(end)];
      size -= end;
    }
  });
}
