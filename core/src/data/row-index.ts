/** Finds repeated ids in files of any length: 12 bytes per table slot, no strings kept. */
import { createHash } from "node:crypto";

/** Open addressing over 64-bit hashes: one false alarm in 10¹¹ files of 10,000 rows. */
export class RowIndex {
  #hashes = new BigUint64Array(1024);
  #lines = new Uint32Array(1024);
  #count = 0;

  /** Notes the id's line; the line where the id was first seen, if it was. */
  add(id: string, line: number): number | undefined {
    const hash = createHash("sha256").update(id).digest().readBigUInt64LE();
    const slot = this.#slotOf(hash);
    const earlier = this.#lines[slot];
    if (earlier !== undefined && earlier > 0) return earlier;
    this.#hashes[slot] = hash;
    this.#lines[slot] = line;
    this.#count += 1;
    if (this.#count * 2 > this.#lines.length) this.#grow();
    return undefined;
  }

  /** The hash's slot, or the free one where it belongs. Line 0 marks a free slot. */
  #slotOf(hash: bigint): number {
    const mask = this.#lines.length - 1;
    let slot = Number(hash & BigInt(mask));
    while (this.#lines[slot] !== 0 && this.#hashes[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const hashes = this.#hashes;
    const lines = this.#lines;
    this.#hashes = new BigUint64Array(hashes.length * 2);
    this.#lines = new Uint32Array(lines.length * 2);
    for (const [index, line] of lines.entries()) {
      if (line === 0) continue;
      const slot = this.#slotOf(hashes[index] ?? 0n);
      this.#hashes[slot] = hashes[index] ?? 0n;
      this.#lines[slot] = line;
    }
  }
}
