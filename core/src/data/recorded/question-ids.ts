/** What was asked in the same way is one question, whatever ids the rows of a log give it: the first row's stands. */
import { contentHash } from "../../kernel/trajectory/identity.ts";

/** An id that two questions have is the first one's; this is the other's. @param group see `Recording` */
export function idBeside(id: string, group: string): string {
  return `${id}~${contentHash(group).slice(0, 8)}`;
}

export class QuestionIds {
  readonly #byGroup = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** Of all groups so far. */
  get size(): number {
    return this.#taken.size;
  }

  /** @param own as the row has it */
  of(own: string, group: string): { readonly id: string; readonly isNew: boolean } {
    const key = contentHash(group);
    const known = this.#byGroup.get(key);
    if (known !== undefined) return { id: known, isNew: false };
    const id = this.#taken.has(own) ? idBeside(own, group) : own;
    this.#byGroup.set(key, id);
    this.#taken.add(id);
    return { id, isNew: true };
  }
}
