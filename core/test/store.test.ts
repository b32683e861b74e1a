import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { type RunIdentity, RunStore, type StoredTrajectory } from "../src/loop/store/run-store.ts";
import { askedFor } from "../src/run/run.ts";
import { failureOf, messageOfFailure } from "./support/failures.ts";
import { newFolder } from "./support/presets.ts";
import { candidate, query } from "./support/trajectories.ts";

const IDENTITY: RunIdentity = { runId: "demo-1", preset: "demo", presetHash: "p", queriesHash: "q", plugins: {} };

function row(position: number, ordinal: number, fate: StoredTrajectory["fate"] = "kept"): StoredTrajectory {
  const trajectory = candidate(ordinal, query(`q-${position}`));
  return { trajectory, scores: { correctness: { value: 1 } }, verdict: { decision: "keep", reason: "right" }, position, ordinal, fate };
}

describe("the run store", () => {
  let folder: string;
  let store: RunStore;
  beforeEach(() => {
    folder = newFolder();
    store = RunStore.open(folder, IDENTITY);
  });
  afterEach(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("gives back what it was given", () => {
    store.saveTrajectory(row(0, 0));
    expect(store.trajectory(row(0, 0).trajectory.id)).to.deep.equal(row(0, 0));
    expect(store.scoresOf(row(0, 0).trajectory.id)).to.deep.equal({ correctness: { value: 1 } });
    expect(store.trajectory("t-none")).to.equal(undefined);
    expect(store.scoresOf("t-none")).to.equal(undefined);
  });

  it("lists trajectories in the questions' order, whatever came first", () => {
    for (const [position, ordinal] of [
      [2, 0],
      [0, 1],
      [1, 0],
      [0, 0],
    ] as const)
      store.saveTrajectory(row(position, ordinal));
    store.saveTrajectory(row(1, 1, "hard"));
    expect([...store.trajectories(["kept"])].map(({ position, ordinal }) => [position, ordinal])).to.deep.equal([
      [0, 0],
      [0, 1],
      [1, 0],
      [2, 0],
    ]);
  });

  it("is read by others while it is written", () => {
    const reader = RunStore.read(folder);
    store.saveTrajectory(row(0, 0));
    expect([...reader.trajectories(["kept"])]).to.have.length(1);
    reader.close();
  });

  it("takes a transaction back as a whole where it fails", () => {
    expect(() =>
      store.transaction(() => {
        store.saveTrajectory(row(0, 0));
        throw new Error("in the middle");
      }),
    ).to.throw("in the middle");
    expect([...store.trajectories(["kept"])]).to.deep.equal([]);
    store.transaction(() => store.saveTrajectory(row(0, 0)));
    expect([...store.trajectories(["kept"])]).to.have.length(1);
  });

  it("forgets a query's trajectories and keeps the others'", () => {
    store.saveTrajectory(row(0, 0));
    store.saveTrajectory(row(1, 0));
    store.forgetQuery(0);
    expect([...store.trajectories(["kept"])].map(({ position }) => position)).to.deep.equal([1]);
  });

  it("adds the seconds of all processes up", () => {
    store.addSeconds("loop", 1.5);
    store.addSeconds("loop", 2);
    expect(store.all("SELECT value FROM seconds")).to.deep.equal([Object.assign(Object.create(null), { value: 3.5 })]);
  });

  it("is locked while it is open for writing, and free again afterwards, also after a refusal", async () => {
    expect((await failureOf(() => RunStore.open(folder, IDENTITY))).code).to.equal("ATRAJ_RUN_LOCKED");
    store.close();
    expect((await failureOf(() => RunStore.open(folder, { ...IDENTITY, presetHash: "other" }))).code).to.equal("ATRAJ_RUN_MISMATCH");
    store = RunStore.open(folder, IDENTITY);
    expect(store.identity()).to.deep.equal(IDENTITY);
  });

  it("of another version is refused for reading and writing", async () => {
    store.setMeta("store", "0");
    const message = `[ATRAJ_RUN_MISMATCH] ${folder}: the run's store has version 0; this AutoTraj reads version 2.\n  Use the AutoTraj that made it.`;
    expect(await messageOfFailure(() => RunStore.read(folder))).to.equal(message);
    store.close();
    expect(await messageOfFailure(() => RunStore.open(folder, IDENTITY))).to.equal(message);
    store = RunStore.open(newFolder(), IDENTITY);
  });

  it("of a run that was killed before it began says so to those who want to resume it", async () => {
    expect(await messageOfFailure(() => askedFor(folder))).to.equal(
      `[ATRAJ_RUN_NOT_FOUND] ${folder}: the run in this folder was ended before it began.
  Start it again: \`autotraj run\` with its preset, and this folder as --out.`,
    );
  });

  it("has all that resuming needs from the moment it is claimed, or is not claimed", async () => {
    const fresh = newFolder();
    RunStore.open(fresh, IDENTITY).close();
    const database = new DatabaseSync(join(fresh, "run.db"));
    // As if the process were killed at this moment.
    database.exec("DELETE FROM meta; CREATE TRIGGER cut BEFORE INSERT ON meta WHEN new.key = 'asked' BEGIN SELECT RAISE(ABORT, 'cut off'); END");
    expect((await failureOf(() => RunStore.open(fresh, IDENTITY, { asked: "{}" }))).message).to.contain("cut off");
    expect(database.prepare("SELECT key FROM meta").all()).to.deep.equal([]);
    expect((await failureOf(() => RunStore.read(fresh))).message).to.contain("the run in this folder was ended before it began.");
    database.exec("DROP TRIGGER cut");
    database.close();
    RunStore.open(fresh, IDENTITY, { asked: '{"ref":"demo","cwd":"/","set":[]}' }).close();
    expect(askedFor(fresh)).to.deep.equal({ ref: "demo", cwd: "/", set: [] });
  });

  it("whose process was killed while it made the file is as if it had not been there", async () => {
    const fresh = newFolder();
    new DatabaseSync(join(fresh, "run.db")).exec("PRAGMA journal_mode=WAL; PRAGMA user_version=0");
    for (const read of [() => RunStore.read(fresh), () => askedFor(fresh)]) {
      expect((await failureOf(read)).message).to.contain("the run in this folder was ended before it began.");
    }
  });

  it("that is taken away says so before it takes another trajectory", async () => {
    rmSync(folder, { recursive: true });
    expect(await messageOfFailure(() => store.transaction(() => store.saveTrajectory(row(0, 0))))).to.equal(
      `[ATRAJ_STORE_FAILED] ${join(folder, "run.db")}: the file is gone, and with it what the run had stored.
  Put the folder back if you moved it, then \`autotraj resume\` goes on from here.`,
    );
    expect(existsSync(folder)).to.equal(false);
  });
});
