import { expect } from "chai";
import { Served } from "./support.ts";

const HOUR_MS = 3_600_000;

/** Entries of maps and sets that were looked at one after the other while this was done. */
function looksOf(work: () => void): number {
  const iterator = Object.getPrototypeOf(new Map().entries()) as { next(): unknown };
  const { next } = iterator;
  let looks = 0;
  iterator.next = function (this: unknown) {
    looks++;
    return next.call(this as never);
  };
  try {
    work();
  } finally {
    iterator.next = next;
  }
  return looks;
}

/** As if so much time had passed since. */
function later(ms: number): () => void {
  const { now } = performance;
  performance.now = () => now.call(performance) + ms;
  return () => {
    performance.now = now;
  };
}

describe("open sessions", () => {
  let served: Served;
  let restore: (() => void) | undefined;
  beforeEach(async () => {
    served = await Served.start();
  });
  afterEach(async () => {
    restore?.();
    restore = undefined;
    await served.close();
  });

  it("are not looked at when one more is opened, however many there are", () => {
    const { episodes } = served.played;
    episodes.begin("q-0", "first");
    const open = () => episodes.begin("q-1", undefined);
    // As a text that is scored does.
    const openAndEnd = () => episodes.end(open());
    const few = [looksOf(open), looksOf(openAndEnd)];
    for (let index = 0; index < 2_000; index++) episodes.begin("q-2", `sample ${index}`);
    expect([looksOf(open), looksOf(openAndEnd)]).to.deep.equal(few);
  });

  it("are forgotten when nobody has asked about them for an hour, and those only", () => {
    const { episodes } = served.played;
    const [left, used] = [episodes.begin("q-0", "left"), episodes.begin("q-0", "used")];
    restore = later(HOUR_MS / 2);
    episodes.trajectory(used);
    restore();
    restore = later(HOUR_MS + 1_000);
    const fresh = episodes.begin("q-0", "new");
    expect(episodes.open).to.equal(2);
    expect(() => episodes.trajectory(left)).to.throw(`there is no session "${left}"`);
    for (const session of [used, fresh]) expect(episodes.trajectory(session).query.id).to.equal("q-0");
  });
});
