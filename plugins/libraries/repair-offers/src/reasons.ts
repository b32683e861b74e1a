/** What speaks against offering a trajectory. */
export interface Problem {
  /** The same words for the same kind of problem: it is counted by them. */
  readonly reason: string;
  /** What it was this time, beginning with a space, or nothing. */
  readonly details: string;
}

/** Counts why something was not offered. */
export class Reasons {
  readonly #counts = new Map<string, number>();

  /** How often there has been this reason, this time included. */
  add(reason: string): number {
    const count = (this.#counts.get(reason) ?? 0) + 1;
    this.#counts.set(reason, count);
    return count;
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** `2 × a call failed; 1 × …` in the order of the reasons' names; empty where there was none. */
  summary(): string {
    return [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([reason, count]) => `${count} × ${reason}`)
      .join("; ");
  }
}
