/**
 * How long the loop will still take. Questions are done late: with waves all their candidates are written first and all repairs come behind, so that a rate of
 * finished questions says four times too much at first. Candidates and repairs are counted apart, each at its own pace, and repairs still to come are foreseen
 * from the share of candidates that needed one so far.
 */
import type { Progress } from "@autotraj/core";

/** What is known of a run before it begins. */
export interface LoopShape {
  readonly candidates: number;
  /** Trajectories that are written at a time. */
  readonly inFlight: number;
  /** Repairs tried for one candidate, at most. */
  readonly attempts: number;
}

/** What is read of a run's counters. */
export type Counted = Pick<Progress, "queries" | "resumed" | "dropped" | "done" | "failed" | "candidates" | "toRepair" | "repaired" | "hard"> & {
  readonly seconds: Pick<Progress["seconds"], "rollout">;
};

/** Fewer than these, or this share, are no ground for an estimate. */
const LEAST_CANDIDATES = 4;
const LEAST_SHARE = 0.04;
/** A shown end moves towards the estimated one within about this time, or this share of what has passed. */
const SETTLING_SECONDS = 3;
const SETTLING_SHARE = 0.1;

interface Pace {
  seconds: number;
  candidates: number;
  repairs: number;
}

export class Remaining {
  readonly #shape: LoopShape;
  #last = { elapsed: 0, rollout: 0, candidates: 0, repairs: 0 };
  /** While candidates are written, whatever is repaired beside them; and while only repairs are. */
  readonly #writing: Pace = { seconds: 0, candidates: 0, repairs: 0 };
  readonly #repairing: Pace = { seconds: 0, candidates: 0, repairs: 0 };
  #end: number | undefined;

  constructor(shape: LoopShape) {
    this.#shape = shape;
  }

  /** @param elapsed seconds since the loop began. @returns seconds still to come; undefined while there is too little to go by, or nothing left */
  seen(counted: Counted, elapsed: number): number | undefined {
    const since = elapsed - this.#last.elapsed;
    this.#count(counted, elapsed);
    const left = this.#left(counted);
    if (left === undefined) return undefined;
    const end = elapsed + left;
    const settling = Math.max(SETTLING_SECONDS, SETTLING_SHARE * elapsed);
    this.#end = this.#end === undefined ? end : this.#end + (end - this.#end) * (1 - Math.exp(-since / settling));
    const shown = this.#end - elapsed;
    return isOver(counted) ? undefined : Math.max(shown, left / 2, 1);
  }

  #count(counted: Counted, elapsed: number): void {
    const { candidates } = counted;
    const repairs = counted.repaired + counted.hard;
    const rollout = counted.seconds.rollout;
    const last = this.#last;
    // The clock of the part is read when it stops: while it runs, candidates that come in tell that it does.
    const isWriting = candidates > last.candidates || rollout > last.rollout || !this.#isWritten(counted);
    const pace = isWriting ? this.#writing : this.#repairing;
    pace.seconds += elapsed - last.elapsed;
    pace.candidates += candidates - last.candidates;
    pace.repairs += repairs - last.repairs;
    this.#last = { elapsed, rollout, candidates, repairs };
  }

  /** All candidates there will be. */
  #all({ queries, resumed, dropped }: Counted): number {
    return Math.max(queries - resumed - dropped, 0) * this.#shape.candidates;
  }

  #isWritten(counted: Counted): boolean {
    return counted.candidates + counted.failed * this.#shape.candidates >= this.#all(counted);
  }

  #left(counted: Counted): number | undefined {
    const all = this.#all(counted);
    const { candidates, toRepair, repaired, hard } = counted;
    if (candidates < Math.max(LEAST_CANDIDATES, LEAST_SHARE * all)) return undefined;
    const unwritten = this.#isWritten(counted) ? 0 : Math.max(all - candidates, 0);
    // Half of what is under way is done, on average.
    const begun = Math.min(this.#shape.inFlight, unwritten) / 2;
    const perCandidate = this.#writing.seconds / (this.#writing.candidates + begun);
    const share = (toRepair + 1) / (candidates + 2);
    const beside = this.#writing.candidates === 0 ? 0 : this.#writing.repairs / this.#writing.candidates;
    const repairs = Math.max(toRepair + unwritten * share - repaired - hard - unwritten * beside, 0);
    return (unwritten - begun) * perCandidate + this.#repairSeconds(repairs, perCandidate);
  }

  /** Measured once repairs have the run to themselves; until then each attempt is taken for as long as a candidate. */
  #repairSeconds(left: number, perCandidate: number): number {
    const guessed = perCandidate * ((1 + this.#shape.attempts) / 2);
    const { seconds, repairs } = this.#repairing;
    // As with candidates, but no more than there was time for.
    const begun = Math.min(this.#shape.inFlight / 2, left / 2, seconds / guessed);
    return (left - begun) * ((GUESS_WEIGHT * guessed + seconds) / (GUESS_WEIGHT + repairs + begun));
  }
}

/** As many repairs the guess counts for. */
const GUESS_WEIGHT = 2;

function isOver({ queries, resumed, dropped, done, failed }: Counted): boolean {
  return done + failed + dropped + resumed >= queries;
}
