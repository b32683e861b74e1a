import type { Logger } from "@autotraj/core/plugin";
import { Reasons } from "@autotraj/repair-offers/reasons";

/** Says why nothing was offered: the first time in full, then only counted. */
export class Nothing {
  readonly #log: Logger;
  readonly #reasons = new Reasons();

  constructor(log: Logger) {
    this.#log = log;
  }

  offered(queryId: string, reason: string, details?: string): undefined {
    const isFirst = this.#reasons.add(reason) === 1;
    if (isFirst) this.#log.warn(`nothing is offered for query ${queryId}: ${reason}${details === undefined ? "" : ` (${details})`}`);
  }

  sumUp(): void {
    const { total } = this.#reasons;
    if (total > 0) this.#log.info(`nothing was offered for ${total} ${total === 1 ? "trajectory" : "trajectories"}: ${this.#reasons.summary()}`);
  }
}
