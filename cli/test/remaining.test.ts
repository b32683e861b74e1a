import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { type Counted, type LoopShape, Remaining } from "../src/display/remaining.ts";

interface Moment {
  readonly elapsed: number;
  readonly counted: Counted;
}

interface Recorded {
  readonly what: string;
  readonly shape: LoopShape;
  readonly queries: number;
  readonly rows: readonly (readonly number[])[];
}

const FIXTURES = join(import.meta.dirname, "fixtures");

/** Counters of real runs against a scripted endpoint, every quarter of a second. */
const RECORDED = readdirSync(FIXTURES).map((name) => JSON.parse(readFileSync(join(FIXTURES, name), "utf8")) as Recorded);

function momentsOf({ queries, rows }: Recorded): readonly Moment[] {
  return rows.map(([at = 0, resumed = 0, dropped = 0, done = 0, failed = 0, candidates = 0, toRepair = 0, repaired = 0, hard = 0, rollout = 0]) => ({
    elapsed: at / 1000,
    counted: { queries, resumed, dropped, done, failed, candidates, toRepair, repaired, hard, seconds: { rollout: rollout / 1000 } },
  }));
}

interface Shown {
  readonly elapsed: number;
  readonly left: number;
}

function shownFor(moments: readonly Moment[], shape: LoopShape): readonly Shown[] {
  const remaining = new Remaining(shape);
  return moments.flatMap(({ elapsed, counted }) => {
    const left = remaining.seen(counted, elapsed);
    return left === undefined ? [] : [{ elapsed, left }];
  });
}

/** What was shown before: the rate of finished questions. */
function byQuestions(moments: readonly Moment[]): readonly Shown[] {
  return moments.flatMap(({ elapsed, counted: { queries, done } }) =>
    done === 0 || done === queries ? [] : [{ elapsed, left: (elapsed / done) * (queries - done) }],
  );
}

/** By how much at most what is shown was too high or too low, once a tenth of the time has passed and until a tenth is left. */
function worst(shown: readonly Shown[], end: number): { readonly high: number; readonly low: number } {
  const middle = shown.filter(({ elapsed }) => elapsed > 0.1 * end && elapsed < 0.9 * end);
  const ratios = middle.map(({ elapsed, left }) => (elapsed + left) / end);
  return { high: Math.max(1, ...ratios), low: Math.min(1, ...ratios) };
}

/** The largest rise of what is shown, as a factor of what was shown at any time before it. */
function rise(shown: readonly Shown[], end: number): number {
  let least = Number.POSITIVE_INFINITY;
  let most = 1;
  for (const { elapsed, left } of shown) {
    // What is a matter of seconds may double.
    if (elapsed > 0.85 * end) break;
    most = Math.max(most, left / least);
    least = Math.min(least, left);
  }
  return most;
}

describe("the time that is left", () => {
  for (const recorded of RECORDED) {
    const moments = momentsOf(recorded);
    const end = moments.at(-1)?.elapsed ?? 0;

    it(`of a recorded run (${recorded.what}) is told within half of the truth, and does not climb`, () => {
      const shown = shownFor(moments, recorded.shape);
      expect(shown.length).to.be.greaterThan(moments.length / 2);
      const { high, low } = worst(shown, end);
      expect(high, "too high").to.be.at.most(1.6);
      // How slow another model repairs nobody knows before it has.
      const known = shown.filter(({ elapsed }) => (moments.find((moment) => moment.elapsed === elapsed)?.counted.repaired ?? 0) > 0);
      expect(worst(known, end).low, "too low once repairs are seen").to.be.at.least(0.5);
      if (recorded.what === "a slow repairer") return;
      expect(low, "too low").to.be.at.least(0.5);
      expect(rise(shown, end), "rise").to.be.at.most(1.6);
    });
  }

  it("would be told wrongly by the rate of finished questions, where repairs come behind", () => {
    const behind = RECORDED.find(({ what }) => what === "repairs behind all candidates");
    if (behind === undefined) throw new Error("there is no such recording");
    const moments = momentsOf(behind);
    expect(worst(byQuestions(moments), moments.at(-1)?.elapsed ?? 0).high).to.be.greaterThan(1.5);
  });

  it("of any run is told within a factor, whatever candidates and repairs take and however waves lie", () => {
    const run = fc.record({
      queries: fc.integer({ min: 10, max: 120 }),
      candidates: fc.integer({ min: 1, max: 8 }),
      wave: fc.integer({ min: 1, max: 120 }),
      inFlight: fc.integer({ min: 1, max: 16 }),
      share: fc.double({ min: 0, max: 0.9, noNaN: true }),
      candidateSeconds: fc.double({ min: 0.5, max: 20, noNaN: true }),
      repairFactor: fc.double({ min: 0.5, max: 3, noNaN: true }),
    });
    fc.assert(
      fc.property(run, (given) => {
        const moments = played(given);
        const end = moments.at(-1)?.elapsed ?? 0;
        const shown = shownFor(moments, { candidates: given.candidates, inFlight: given.inFlight, attempts: 2 });
        const settled = shown.filter(({ elapsed }) => elapsed > 0.25 * end);
        const { high, low } = worst(settled, end);
        expect(high, "too high").to.be.at.most(2);
        expect(low, "too low").to.be.at.least(0.4);
      }),
      { numRuns: 300, seed: 7 },
    );
  });

  it("is not told before there is ground for it, nor when nothing is left", () => {
    const remaining = new Remaining({ candidates: 4, inFlight: 8, attempts: 1 });
    const counted: Counted = {
      queries: 50,
      resumed: 0,
      dropped: 0,
      done: 0,
      failed: 0,
      candidates: 0,
      toRepair: 0,
      repaired: 0,
      hard: 0,
      seconds: { rollout: 0 },
    };
    expect(remaining.seen(counted, 10)).to.equal(undefined);
    expect(remaining.seen({ ...counted, candidates: 4, toRepair: 2 }, 20)).to.equal(undefined);
    expect(remaining.seen({ ...counted, candidates: 40, toRepair: 20 }, 60)).to.be.greaterThan(60);
    expect(remaining.seen({ ...counted, candidates: 200, toRepair: 100, repaired: 60, hard: 40, done: 50 }, 300)).to.equal(undefined);
  });
});

interface Given {
  readonly queries: number;
  readonly candidates: number;
  readonly wave: number;
  readonly inFlight: number;
  readonly share: number;
  readonly candidateSeconds: number;
  readonly repairFactor: number;
}

/** A run by the clock: places that write a trajectory each; repairs of a wave wait for its candidates and go before those of the next. */
function played({ queries, candidates, wave, inFlight, share, candidateSeconds, repairFactor }: Given): readonly Moment[] {
  const counted = { queries, resumed: 0, dropped: 0, done: 0, failed: 0, candidates: 0, toRepair: 0, repaired: 0, hard: 0, seconds: { rollout: 0 } };
  const places = new Array<number>(inFlight).fill(0);
  const events: { readonly at: number; readonly change: () => void }[] = [];
  let due = 0;
  const work = (seconds: number, from = 0): number => {
    const place = places.indexOf(Math.min(...places));
    places[place] = Math.max(places[place] ?? 0, from) + seconds;
    return places[place] ?? 0;
  };
  let owed: { readonly repairs: number; readonly from: number }[] = [];
  const repair = () => {
    for (const { repairs, from } of owed) {
      let last = from;
      for (let one = 0; one < repairs; one++) {
        const at = work(candidateSeconds * repairFactor, from);
        events.push({ at, change: () => void counted.repaired++ });
        last = Math.max(last, at);
      }
      events.push({ at: last, change: () => void counted.done++ });
    }
    owed = [];
  };
  for (let first = 0; first < queries; first += wave) {
    let scored = 0;
    for (let query = first; query < Math.min(first + wave, queries); query++) {
      const ends = Array.from({ length: candidates }, () => work(candidateSeconds));
      const at = Math.max(...ends);
      scored = Math.max(scored, at);
      due += share * candidates;
      const repairs = Math.floor(due);
      due -= repairs;
      owed.push({ repairs, from: 0 });
      events.push({
        at,
        change: () => {
          counted.candidates += candidates;
          counted.toRepair += repairs;
          counted.seconds.rollout = at;
        },
      });
    }
    owed = owed.map(({ repairs }) => ({ repairs, from: scored }));
    repair();
  }
  events.sort((a, b) => a.at - b.at);
  const end = events.at(-1)?.at ?? 0;
  const moments: Moment[] = [];
  for (let at = 0, next = 0; at <= end; at += end / 200) {
    while ((events[next]?.at ?? Number.POSITIVE_INFINITY) <= at) events[next++]?.change();
    moments.push({ elapsed: at, counted: { ...counted, seconds: { ...counted.seconds } } });
  }
  return [...moments, { elapsed: end, counted: { ...counted, done: queries } }];
}
