/** Messages on a pipe between the sandbox and its interpreter process: one byte of kind, four of length (big-endian), then the body. */

export const FRAME = {
  /** Bytes the code printed. */
  stdout: 1,
  stderr: 2,
  /** JSON. */
  message: 3,
  /** A stretch of a memory image. */
  snapshot: 4,
} as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

export const HEADER_BYTES = 5;
/** Of a frame's body from an interpreter: what is longer is cut into several. */
export const MOST_BODY_BYTES = 1 << 20;

/** What came is no frame. */
export class BadFrame extends Error {}

export function frameHeader(kind: FrameKind, bodyBytes: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(kind);
  header.writeUInt32BE(bodyBytes, 1);
  return header;
}

export function messageFrame(message: object): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  return Buffer.concat([frameHeader(FRAME.message, body.length), body]);
}

/** Cuts a stream of bytes into frames. Whoever writes them may be hostile: nothing is kept that is longer than a frame. */
export class FrameParser {
  readonly #receive: (kind: FrameKind, body: Buffer) => void;
  #pending: Buffer[] = [];
  #size = 0;

  constructor(receive: (kind: FrameKind, body: Buffer) => void) {
    this.#receive = receive;
  }

  /** @throws BadFrame; what follows is not to be read */
  push(chunk: Buffer): void {
    this.#pending.push(chunk);
    this.#size += chunk.length;
    while (this.#size >= HEADER_BYTES) {
      const all = this.#pending.length === 1 ? this.#pending[0]! : Buffer.concat(this.#pending);
      this.#pending = [all];
      const bodyBytes = all.readUInt32BE(1);
      if (bodyBytes > MOST_BODY_BYTES) throw new BadFrame(`a frame of ${bodyBytes} bytes`);
      const end = HEADER_BYTES + bodyBytes;
      if (this.#size < end) return;
      this.#pending = [all.subarray(end)];
      this.#size -= end;
      this.#receive(all.readUInt8() as FrameKind, all.subarray(HEADER_BYTES, end));
    }
  }
}
