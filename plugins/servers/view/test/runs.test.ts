import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RunStore, readSummary } from "@autotraj/core";
import { expect } from "chai";
import { generateRun } from "../../../../test/generated-run.ts";
import type { Overview, RepairAnswer, RunsAnswer, TimingsAnswer, TrajectoryAnswer, TrajectoryPage } from "../src/api.ts";
import { demoRun, newFolder, Viewing } from "./viewing.ts";

describe("a run in the viewer", () => {
  const viewing = new Viewing();
  let demo = "";
  before(async () => {
    demo = await demoRun(viewing.folder);
    await viewing.open([demo]);
    await viewing.enter();
  });
  after(() => viewing.close());

  it("shows the funnel, causes, repairers and means that its own tables show", async () => {
    const { run, fates, questions, figures, usage, incidents } = await viewing.indexed("demo");
    const summary = readSummary(demo);
    expect(run).to.include({ runId: summary.run, preset: "demo", state: "finished", problem: null });
    expect(questions.done + questions.dropped + questions.failed).to.equal(summary.funnel.queries);
    expect(fates.kept ?? 0)
      .to.equal(summary.funnel.kept)
      .and.to.be.greaterThan(0);
    expect(fates.repaired ?? 0)
      .to.equal(summary.funnel.repaired)
      .and.to.be.greaterThan(0);
    expect(fates.hard ?? 0).to.equal(summary.funnel.hard);
    expect(fates.refused ?? 0).to.equal(summary.funnel.refused);
    for (const { repairer, accepted, refused } of figures.repairers) expect(summary.repairers[repairer]).to.include({ accepted, refused });
    for (const { name, mean } of figures.dimensions) {
      const known = summary.dimensions[name];
      for (const side of ["candidates", "before", "after"] as const) {
        expect(mean[side] === null ? null : Math.round((mean[side] ?? 0) * 10_000) / 10_000, `${name} ${side}`).to.equal(known?.[side]);
      }
    }
    expect(usage.of).to.equal("summary");
    for (const { policy, calls, promptTokens } of usage.policies) expect(summary.usage[policy]).to.include({ calls, promptTokens });
    expect(incidents.total).to.equal(summary.incidents);
  });

  it("shows a refused trajectory with its reason, its repair with every attempt, and what its turns took", async () => {
    const { rows } = await viewing.json<TrajectoryPage>("/api/runs/demo/trajectories?fate=repaired");
    const { id } = rows[0] ?? { id: "" };
    const { trajectory, question, related } = await viewing.json<TrajectoryAnswer>(`/api/runs/demo/trajectories/${id}`);
    const store = RunStore.read(demo);
    const stored = store.trajectory(id);
    const attempts = store.trajectoriesAt(stored?.position ?? -1).filter(({ trajectory: { provenance } }) => provenance.parent === id);
    store.close();
    const { decision, ...said } = stored?.verdict ?? expect.fail("nobody has judged it");
    expect(decision).to.equal("repair");
    expect(trajectory.verdict).to.deep.equal({ ...said, meaning: "needs repair" });
    expect(trajectory.messages.map(({ role }) => role)).to.deep.equal(stored?.trajectory.messages.map(({ role }) => role));
    expect(question.status).to.equal("done");
    expect(related.map((row) => row.id)).to.include(id);
    const repair = await viewing.json<RepairAnswer>(`/api/runs/demo/repairs/${id}`);
    expect(repair.original.row.id).to.equal(id);
    expect(repair.attempts.map(({ row }) => [row.id, row.fate])).to.deep.equal(
      attempts.map(({ trajectory: { id: attempt }, fate }) => [attempt, fate]),
    );
    expect(repair.attempts.at(-1)?.row.fate).to.equal("accepted");
    const { turns } = await viewing.json<TimingsAnswer>(`/api/runs/demo/timings/${id}`);
    expect(turns).to.have.length(stored?.trajectory.usage.modelCalls ?? -1);
  });

  it("is listed under a name of its own where two folders are called alike, and says so where it cannot be read", async () => {
    const other = new Viewing();
    const broken = join(other.folder, "b", "demo");
    mkdirSync(broken, { recursive: true });
    writeFileSync(join(broken, "run.db"), "no database at all, but long enough to be looked at as one would look at a database");
    await other.open([demo, broken]);
    await other.enter();
    const { runs } = await other.json<RunsAnswer>("/api/runs");
    expect(runs.map(({ key, problem }) => [key, problem === null])).to.deep.equal([
      ["demo", true],
      ["demo-2", false],
    ]);
    await other.close();
  });

  it("must be one: a folder without a run is refused by its name", async () => {
    const other = new Viewing();
    const refused = await other.open([other.folder]).catch((error: unknown) => error);
    expect(refused).to.have.property("code", "NO_RUN");
    expect((refused as Error).message).to.include(other.folder);
    await other.close();
  });
});

/** Every file with its bytes and the time of its last change. */
function stateOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path, `${statSync(path).mtimeMs} ${createHash("sha256").update(readFileSync(path)).digest("hex")}`];
    }),
  );
}

describe("the folder of a run that is looked at", () => {
  it("is left as it was: no byte, no time, no file", async () => {
    const viewing = new Viewing();
    const folder = newFolder();
    const demo = await demoRun(folder);
    // Readers of SQLite that are not the viewer leave these behind.
    for (const end of ["-wal", "-shm"]) rmSync(join(demo, `run.db${end}`), { force: true });
    const before = stateOf(demo);
    await viewing.open([demo]);
    await viewing.enter();
    await viewing.indexed("demo");
    const { rows } = await viewing.json<TrajectoryPage>("/api/runs/demo/trajectories?text=the&sort=tokens");
    for (const { id } of rows.slice(0, 5)) {
      await viewing.json(`/api/runs/demo/trajectories/${id}`);
      await viewing.json(`/api/runs/demo/repairs/${id}`);
      await viewing.json(`/api/runs/demo/timings/${id}`);
    }
    for (const path of ["pairs?set=preferences", "reward-models", "evaluation", "training"]) await viewing.json(`/api/runs/demo/${path}`);
    await viewing.close();
    expect(stateOf(demo)).to.deep.equal(before);
    rmSync(folder, { recursive: true });
  });

  it("is followed while somebody works in it, who never has to wait", async () => {
    const folder = newFolder();
    const [source, runDir] = [join(folder, "source"), join(folder, "live")];
    generateRun({ runDir: source, trajectories: 300 });
    const from = RunStore.read(source);
    const rows = [...from.trajectories(["kept", "repaired", "hard", "discarded", "accepted", "refused"])];
    from.close();
    const store = RunStore.open(runDir, { runId: "live-0", preset: "live", presetHash: "0", queriesHash: "0" });
    const viewing = new Viewing();
    // Later questions are written first, as they may be while many are under way.
    const later = rows.filter(({ position }) => position >= 50);
    const earlier = rows
      .filter(({ position }) => position < 50)
      .map((row) => (row.fate === "repaired" ? ({ ...row, fate: "pending" } as const) : row));
    for (const row of later) store.saveTrajectory(row);
    await viewing.open([runDir]);
    await viewing.enter();
    expect((await viewing.indexed("live")).index.indexed).to.equal(later.length);
    const slowest = { ms: 0 };
    for (const row of earlier) {
      const begun = performance.now();
      store.transaction(() => store.saveTrajectory(row));
      slowest.ms = Math.max(slowest.ms, performance.now() - begun);
    }
    await until(viewing, ({ index, fates }) => index.indexed === rows.length && (fates.pending ?? 0) > 0);
    for (const { trajectory, fate } of earlier) if (fate === "pending") store.setFate(trajectory.id, "repaired");
    for (const { trajectory, position } of rows) store.finishQuery(position, trajectory.query.id, "done");
    store.setMeta("finished", "yes");
    const pending = async () => (await viewing.json<TrajectoryPage>("/api/runs/live/trajectories?fate=pending")).rows.length;
    await until(viewing, ({ questions }) => questions.done > 0);
    // Its loop is done; whoever holds it may be training.
    expect((await viewing.json<Overview>("/api/runs/live/overview")).run.state).to.equal("live");
    for (let left = await pending(); left > 0; left = await pending()) await new Promise((resolve) => setTimeout(resolve, 100));
    store.close();
    expect((await viewing.json<Overview>("/api/runs/live/overview")).run.state).to.equal("finished");
    // What was live is one file now, and is read on.
    expect((await viewing.json<TrajectoryPage>("/api/runs/live/trajectories")).rows[0]?.id).to.equal(rows[0]?.trajectory.id);
    expect(slowest.ms, "a write that waits for a reader waits for its time-out").to.be.lessThan(5000);
    await viewing.close();
    rmSync(folder, { recursive: true });
  });

  it("is not finished where a stage behind its loop failed, or its process was killed in it", async () => {
    const viewing = new Viewing();
    const runDir = join(viewing.folder, "run");
    generateRun({ runDir, trajectories: 20 });
    const log = (...events: readonly string[]) =>
      writeFileSync(join(runDir, "log.jsonl"), events.map((event) => `${JSON.stringify({ event })}\n`).join(""));
    const state = async () => (await viewing.json<Overview>("/api/runs/run/overview")).run.state;
    await viewing.open([runDir]);
    await viewing.enter();
    log("start", "stage", "end");
    expect(await state()).to.equal("stopped");
    log("start", "stage");
    // Another machine may work on it, as far as anybody here can see; not for long without a change.
    expect(await state()).to.equal("live");
    for (const file of ["log.jsonl", "run.db"]) utimesSync(join(runDir, file), 1, 1);
    expect(await state()).to.equal("stopped");
    log("start", "stage", "finish");
    expect(await state()).to.equal("finished");
    await viewing.close();
  });

  it("may hold another run by now: the index of the old one is thrown away", async () => {
    const viewing = new Viewing();
    const [runDir, other] = [join(viewing.folder, "run"), join(viewing.folder, "other")];
    generateRun({ runDir, trajectories: 60 });
    await viewing.open([runDir]);
    await viewing.enter();
    expect((await viewing.indexed("run")).index.indexed).to.be.at.least(60);
    const store = RunStore.open(other, { runId: "other-0", preset: "other", presetHash: "1", queriesHash: "1" });
    store.setMeta("finished", "yes");
    store.close();
    rmSync(runDir, { recursive: true });
    cpSync(other, runDir, { recursive: true });
    await until(viewing, ({ run, index }) => run.runId === "other-0" && index.complete && index.indexed === 0, "run");
    await viewing.close();
  });
});

async function until(viewing: Viewing, holds: (overview: Overview) => boolean, run = "live"): Promise<void> {
  while (!holds(await viewing.json<Overview>(`/api/runs/${run}/overview`))) await new Promise((resolve) => setTimeout(resolve, 100));
}
