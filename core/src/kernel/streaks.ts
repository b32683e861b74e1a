/** Notices what fails again and again: what is broken for good should not cost all the questions. */

/** After so many failures in a row, going on would only waste questions. */
export const FAILURES_IN_A_ROW = 10;

/** Failures of one thing in a row, with no success between them. */
export class Streaks {
  readonly #inARow = new Map<string, Set<unknown>>();

  /** Counts a failure; several that concern the same are one. Returns how many it has been in a row. */
  failed(name: string, about: unknown = Symbol()): number {
    const failures = this.#inARow.get(name) ?? new Set();
    this.#inARow.set(name, failures.add(about));
    return failures.size;
  }

  worked(name: string): void {
    this.#inARow.delete(name);
  }
}
