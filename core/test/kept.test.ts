import { expect } from "chai";
import type { Query, RepairCase, Trajectory } from "../src/kernel/plugin.ts";
import { KeptPool } from "../src/loop/kept.ts";
import { settle } from "./support/lifecycle.ts";
import { request, scored, trajectory } from "./support/trajectories.ts";

function query(position: number, question = `What is ${position} + 1?`, task?: string): Query {
  return { id: `q-${position}`, question, answers: [], ...(task === undefined ? {} : { task }) };
}

function caseOf(about: Query): RepairCase {
  return { request: request({ query: about }), original: scored({ query: about }), siblings: [], attempts: [], attempt: 0 };
}

/** A pool whose trajectories are known by the ids `t-0`, `t-1`, … */
function poolOf(wave: number, total: number) {
  const pool = new KeptPool(wave, total, (id): Trajectory | undefined => (id === "t-lost" ? undefined : { ...trajectory(), id }));
  return {
    pool,
    keep: (position: number, about = query(position)) => pool.scored(position, about, `t-${position}`),
    similar: async (about: Query, k = 10) => (await pool.similarTo(caseOf(about), k)).map(({ id }) => id),
  };
}

describe("the kept trajectories", () => {
  it("are shown to a case of their own wave once all of the wave is scored", async () => {
    const { pool, keep, similar } = poolOf(3, 6);
    pool.open(0, query(0));
    let shown: readonly string[] | undefined;
    const work = similar(query(0)).then((ids) => {
      shown = ids;
    });
    pool.scored(0, query(0), undefined);
    keep(2);
    await settle();
    expect(shown).to.equal(undefined);
    keep(1);
    await work;
    expect(shown).to.deep.equal(["t-1", "t-2"]);
  });

  it("are shown once all waves before are scored too, the last query of which may be slow", async () => {
    const { pool, keep, similar } = poolOf(2, 6);
    pool.open(2, query(2));
    let shown: readonly string[] | undefined;
    const work = similar(query(2)).then((ids) => {
      shown = ids;
    });
    for (const position of [1, 2, 3]) keep(position);
    await settle();
    expect(shown).to.equal(undefined);
    keep(0);
    await work;
    expect(shown).to.deep.equal(["t-0", "t-1", "t-3"]);
  });

  it("of later waves are never shown, however early they are there", async () => {
    const { pool, keep, similar } = poolOf(2, 6);
    pool.open(0, query(0));
    for (const position of [5, 4, 3, 2, 1, 0]) keep(position);
    expect(await similar(query(0))).to.deep.equal(["t-1"]);
    pool.open(3, query(3));
    expect(await similar(query(3))).to.deep.equal(["t-0", "t-1", "t-2"]);
  });

  it("never hold the question's own", async () => {
    const { pool, keep, similar } = poolOf(1, 1);
    pool.open(0, query(0));
    keep(0);
    expect(await similar(query(0))).to.deep.equal([]);
  });

  it("come with the same task first, then by words, then by position; numbers are all alike", async () => {
    const { pool, keep, similar } = poolOf(6, 6);
    keep(0, query(0, "How many apples are 3 apples?", "fruit"));
    keep(1, query(1, "What is 1,000.5 + 7?"));
    keep(2, query(2, "Name the capital of France."));
    keep(3, query(3, "What is the sum of 3 and 4?"));
    keep(4, query(4, "What is 2 + 2?"));
    const asked = query(5, "What is 8 + 9?", "fruit");
    pool.open(5, asked);
    pool.scored(5, asked, undefined);
    expect(await similar(asked)).to.deep.equal(["t-0", "t-1", "t-4", "t-3", "t-2"]);
    expect(await similar(asked, 2)).to.deep.equal(["t-0", "t-1"]);
    expect(await similar(asked, 0)).to.deep.equal([]);
  });

  it("leave out what the store no longer has", async () => {
    const { pool, keep, similar } = poolOf(3, 3);
    keep(0);
    pool.scored(1, query(1), "t-lost");
    pool.open(2, query(2));
    pool.scored(2, query(2), undefined);
    expect(await similar(query(2))).to.deep.equal(["t-0"]);
  });

  it("know the size of the last wave", async () => {
    const { pool, keep, similar } = poolOf(4, 5);
    for (const position of [0, 1, 2, 3]) keep(position);
    pool.open(4, query(4));
    pool.scored(4, query(4), undefined);
    expect(await similar(query(4))).to.deep.equal(["t-0", "t-1", "t-2", "t-3"]);
  });

  it("are the same for a slow question, whatever has gone by in the meantime", async () => {
    const { pool, keep, similar } = poolOf(32, 20_000);
    pool.open(5, query(5));
    for (let position = 0; position < 32; position++) if (position !== 5) keep(position);
    pool.scored(5, query(5), undefined);
    const before = await similar(query(5), 3);
    for (let position = 32; position < 15_000; position++) {
      pool.open(position, query(position));
      keep(position);
      pool.close(query(position));
    }
    expect(await similar(query(5), 3))
      .to.deep.equal(before)
      .and.to.have.length(3);
  });

  it("reach back over some thousand questions and no further", async () => {
    const { pool, keep, similar } = poolOf(1, 10_000);
    for (let position = 0; position < 9_999; position++) {
      pool.open(position, query(position));
      keep(position);
      pool.close(query(position));
    }
    const asked = query(9_999);
    pool.open(9_999, asked);
    pool.scored(9_999, asked, undefined);
    const reached = await similar(asked, 100_000);
    expect(reached).to.have.length(4095);
    expect(reached[0]).to.equal("t-5904");
  });

  it("give up on those who wait when the run stops, and on those who come after", async () => {
    const { pool, similar } = poolOf(2, 2);
    pool.open(0, query(0));
    const waiting = similar(query(0)).catch((error: unknown) => error);
    const reason = new Error("stopped");
    pool.stop(reason);
    expect(await waiting).to.equal(reason);
    expect(await similar(query(0)).catch((error: unknown) => error)).to.equal(reason);
  });

  it("are still shown while the run stops where the wave is complete", async () => {
    const { pool, keep, similar } = poolOf(2, 2);
    pool.open(0, query(0));
    keep(0);
    keep(1);
    pool.stop(new Error("stopped"));
    expect(await similar(query(0))).to.deep.equal(["t-1"]);
  });
});
