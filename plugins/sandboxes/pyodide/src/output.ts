/** What an execution printed: the beginning of each stream is kept, the rest is counted. */
import { LIMITS } from "./limits.ts";

export class Stream {
  readonly #parts: Buffer[] = [];
  #keptBytes = 0;
  bytes = 0;

  add(data: Buffer): void {
    this.bytes += data.length;
    const part = data.subarray(0, LIMITS.keepBytes - this.#keptBytes);
    if (part.length === 0) return;
    this.#keptBytes += part.length;
    this.#parts.push(part);
  }

  get lostBytes(): number {
    return this.bytes - this.#keptBytes;
  }

  /** A character that was cut in two is left out; bytes that are no characters show as such. */
  text(): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Buffer.concat(this.#parts), { stream: this.lostBytes > 0 });
  }
}

export class Output {
  readonly stdout = new Stream();
  readonly stderr = new Stream();

  get exceeded(): boolean {
    return this.stdout.bytes + this.stderr.bytes > LIMITS.killBytes;
  }

  result(): { readonly stdout: string; readonly stderr: string; readonly truncatedBytes: number } {
    return { stdout: this.stdout.text(), stderr: this.stderr.text(), truncatedBytes: this.stdout.lostBytes + this.stderr.lostBytes };
  }
}
