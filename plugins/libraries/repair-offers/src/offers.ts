/** What a repairer writes, until something may be offered. Nothing offered would end the kernel's attempts, so what is refused is followed by the next here. */
import type { Logger, RepairCase, Trajectory } from "@autotraj/core/plugin";
import { handedAnswer } from "./handed-answer.ts";
import { type Problem, Reasons } from "./reasons.ts";

export interface Writing {
  /** How many are written for one trajectory, those refused here included. */
  readonly attempts: number;
  /**
   * Writes the one of this number, from 0, and leaves the number in the provenance (`notes: { try: number }`), from where the next attempt goes on.
   * Undefined where there is nothing more to write.
   */
  readonly write: (number: number) => Promise<Trajectory | undefined>;
  /** What speaks against one, beside handing itself the gold answer. */
  readonly problemIn?: (written: Trajectory) => Problem | undefined;
}

export class Offers {
  readonly #id: string;
  readonly #log: Logger;
  readonly #reasons = new Reasons();

  /** @param id the repairer's */
  constructor({ id, log }: { readonly id: string; readonly log: Logger }) {
    this.#id = id;
    this.#log = log;
  }

  /** The next one that nothing speaks against; undefined where `attempts` are used up. What the policy failed to finish is the kernel's to judge. */
  async next(repairCase: RepairCase, { attempts, write, problemIn }: Writing): Promise<Trajectory | undefined> {
    for (let number = nextNumber(repairCase, this.#id); number < attempts; number++) {
      const written = await write(number);
      if (written === undefined || written.finish === "failed") return written;
      const problem = problemIn?.(written) ?? handedAnswer(written);
      if (problem === undefined) return written;
      if (this.#reasons.add(problem.reason) === 1)
        this.#log.warn(`refused what was written for query ${repairCase.request.query.id}: ${problem.reason}${problem.details}`);
    }
    return undefined;
  }

  /** Tells the counts, at the end. */
  sumUp(): void {
    if (this.#reasons.total > 0) this.#log.info(`refused what was written: ${this.#reasons.summary()}`);
  }
}

/** Goes on after what was offered before, which says in its provenance which one it was: nothing has to be remembered between two attempts. */
function nextNumber({ attempt, attempts }: RepairCase, id: string): number {
  const numbers = attempts.flatMap(({ repairer, trajectory }) => {
    const number = trajectory.provenance.notes?.["try"];
    return repairer === id && typeof number === "number" ? [number + 1] : [];
  });
  return Math.max(attempt, ...numbers);
}
