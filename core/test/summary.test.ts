import { existsSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Scores, Trajectory } from "../src/kernel/plugin.ts";
import { type Fate, RunStore, type StoredTrajectory } from "../src/loop/store/run-store.ts";
import { COUNTED, datasetFiles, fileStamp } from "../src/results/datasets.ts";
import { finish, readSummary } from "../src/run/run.ts";
import { newFolder } from "./support/presets.ts";
import { datasetsOf, rowsOf } from "./support/runs.ts";
import { query, trajectory } from "./support/trajectories.ts";

const IDENTITY = { runId: "demo-1", preset: "demo", presetHash: "p", queriesHash: "q", plugins: {} };

describe("the figures of a run", () => {
  let folder: string;
  let store: RunStore;
  beforeEach(() => {
    folder = newFolder();
    store = RunStore.open(folder, IDENTITY, { dimensions: JSON.stringify(["correctness", "format"]) });
  });
  /** The name that a test gives a trajectory → its id. */
  const ids = new Map<string, string>();
  afterEach(() => {
    ids.clear();
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  interface Saved {
    readonly says?: string;
    readonly scores?: Scores;
    readonly parent?: string;
    readonly cause?: string;
    readonly task?: string;
  }

  function save(id: string, position: number, fate: Fate, { says = id, scores = {}, parent, cause, task }: Saved = {}): void {
    const ordinal = store.trajectoriesAt(position).length;
    const provenance: Trajectory["provenance"] =
      parent === undefined
        ? { origin: "rollout", policy: "student", candidate: ordinal }
        : { origin: "repair", parent: ids.get(parent) ?? parent, repairer: "fix", attempt: ordinal };
    const about = { ...query(`q-${position}`), ...(task === undefined ? {} : { task }) };
    const made = trajectory({ query: about, provenance, turns: [{ role: "assistant", content: says, text: says }] });
    ids.set(id, made.id);
    const verdict = { decision: "repair", reason: "r", ...(cause === undefined ? {} : { cause }) } as StoredTrajectory["verdict"];
    store.saveTrajectory({ trajectory: made, scores, position, ordinal, fate, ...(verdict === undefined ? {} : { verdict }) });
  }

  it("are gathered by fate, repairer, cause, dimension and task", async () => {
    const scored = (correctness: number, format: Scores[string]): Scores => ({ correctness: { value: correctness }, format });
    save("a", 0, "kept", { task: "sum", scores: scored(1, { value: 0.5 }) });
    save("b", 0, "repaired", { task: "sum", cause: "wrong", scores: scored(0, { failed: "no" }) });
    save("b1", 0, "refused", { parent: "b", cause: "worse", scores: scored(0, { value: 1 }) });
    save("b2", 0, "accepted", { parent: "b", scores: scored(1, { skipped: "why" }) });
    save("c", 1, "hard", { scores: { correctness: { skipped: "no gold" } } });
    save("c1", 1, "refused", { parent: "c" });
    save("d", 2, "discarded", { scores: scored(0, { value: 0 }) });
    store.finishQuery(0, "q-0", "done");
    store.finishQuery(1, "q-1", "failed", "why");
    store.finishQuery(3, "q-3", "dropped", "why");
    const { summary } = await finish(store, folder);
    expect(summary.funnel).to.deep.equal({
      ...{ queries: 3, dropped: 1, failedQueries: 1, candidates: 4, kept: 1, toRepair: 2, repaired: 1, hard: 1, discarded: 1, refused: 2 },
      ...{ pairs: 1, sft: 2, duplicates: 0 },
    });
    expect(summary.datasets).to.deep.equal({
      ...{ sft: 2, preferences: 1, siblings: 1, hardCases: 1 },
      ...{ duplicates: 0, untrained: 0, repaired: 1, questions: 1, onlyRepaired: 0 },
      ...{ samePairs: 0, contradicting: 0, incomparable: 0, chosenTexts: 1, siblingQuestions: 1 },
    });
    expect(summary.right).to.deep.equal({ candidates: 1, judged: 3 });
    expect(summary.repairers).to.deep.equal({ fix: { accepted: 1, refused: 2, acceptedByCause: { wrong: 1 } } });
    expect(summary.refusals).to.deep.equal({ "no cause": 1, worse: 1 });
    expect(summary.dimensions).to.deep.equal({
      correctness: { candidates: 0.3333, kept: 1, before: 0, after: 1, failed: 0, skipped: 1, asked: 6, failure: null },
      format: { candidates: 0.25, kept: 0.5, before: null, after: null, failed: 1, skipped: 1, asked: 5, failure: "no" },
    });
    expect(summary.tasks).to.deep.equal({
      "": { candidates: 2, kept: 0, repaired: 0, hard: 1 },
      sum: { candidates: 2, kept: 1, repaired: 1, hard: 0 },
    });
  });

  it("are the same in the tables of a run under way as in those at its end, duplicates and pairs counted alike", async () => {
    save("a", 0, "kept", { says: "the same" });
    save("b", 0, "kept", { says: "the same" });
    save("c", 1, "repaired");
    save("c1", 1, "accepted", { parent: "c" });
    save("d1", 2, "accepted", { parent: "nowhere" });
    const before = readSummary(folder);
    expect(before.funnel).to.include({ sft: 3, duplicates: 1, pairs: 1 });
    const { summary, files } = await finish(store, folder);
    expect(before).to.deep.equal(summary);
    expect(readSummary(folder)).to.deep.equal(summary);
    const { sft, preferences } = datasetsOf(folder);
    expect([rowsOf(sft).length, rowsOf(preferences).length]).to.deep.equal([3, 1]);
    save("e", 3, "kept");
    expect(readSummary(folder).funnel, "what is new counts at once").to.include({ sft: 4, kept: 3 });
    await finish(store, folder);
    expect(rowsOf(datasetsOf(folder).sft)).to.have.length(4);
    expect(files).to.include(datasetFiles(folder));
  });

  it("call an answer right from 0.5 on, as evaluation does", async () => {
    for (const [position, value] of [0, 0.49, 0.5, 0.8, 1].entries()) {
      save(`a${position}`, position, "kept", { scores: { correctness: { value } } });
    }
    expect((await finish(store, folder)).summary.right).to.deep.equal({ candidates: 3, judged: 5 });
  });

  describe("leave the data sets alone", () => {
    const past = new Date("2020-01-01");
    const { sft } = datasetFiles("");
    const changedAt = () => statSync(join(folder, sft)).mtime.getFullYear();
    /** Written, and told from what is written later. */
    const written = async () => {
      save("a", 0, "kept");
      save("z", 9, "kept");
      await finish(store, folder);
      utimesSync(join(folder, sft), past, past);
      // Its time is another now: written once more, and remembered.
      await finish(store, folder);
      return statSync(join(folder, sft)).mtimeMs;
    };

    it("where nothing has changed, also in another process", async () => {
      const at = await written();
      await finish(store, folder);
      store.close();
      store = RunStore.open(folder, IDENTITY);
      await finish(store, folder);
      expect(statSync(join(folder, sft)).mtimeMs).to.equal(at);
      expect(changedAt()).to.be.greaterThan(2020);
    });

    for (const [what, change] of [
      ["a trajectory was added", () => save("b", 1, "kept")],
      ["a fate has changed", () => store.setFate(ids.get("a") ?? "", "discarded")],
      ["the file is gone", () => rmSync(join(folder, sft))],
      ["another of the files is gone", () => rmSync(join(folder, datasetFiles("").siblings))],
      ["somebody has written into the file", () => writeFileSync(join(folder, sft), "mine\n")],
    ] as const) {
      it(`but not where ${what}`, async () => {
        await written();
        change();
        await finish(store, folder);
        const kept = [...store.trajectories(["kept"])].map(({ trajectory: { id } }) => id);
        expect(rowsOf(datasetsOf(folder).sft).map(({ id }) => id)).to.deep.equal(kept);
        expect(Object.values(datasetFiles(folder)).filter((file) => !existsSync(file))).to.deep.equal([]);
      });
    }

    it("but not where an earlier release wrote them, which knew fewer files and figures", async () => {
      await written();
      rmSync(join(folder, datasetFiles("").siblings));
      store.forgetDerived();
      const { sft: file, preferences, hardCases } = datasetFiles(folder);
      const stamps = [file, preferences, hardCases].map(fileStamp);
      store.setDerived("datasets", { counts: { sft: 2, preferences: 0, hardCases: 0, duplicates: 0 }, stamps });
      store.setDerived("figures", { funnel: { queries: 7 } });
      expect(readSummary(folder).datasets).to.include({ sft: 2, questions: 2, siblings: 0 });
      const { files, summary } = await finish(store, folder);
      expect(existsSync(files.siblings)).to.equal(true);
      expect(summary.datasets).to.include({ sft: 2, questions: 2, siblings: 0 });
    });

    it("but not where the release before this one wrote them, which counted less", async () => {
      await written();
      store.forgetDerived();
      const stamps = ["sft", "preferences", "siblings", "hardCases"].map((name) => fileStamp(datasetFiles(folder)[name as "sft"]));
      const before = { sft: 2, preferences: 0, siblings: 0, hardCases: 0, duplicates: 0, samePairs: 0 };
      store.setDerived("datasets with siblings", { counts: before, stamps });
      store.setDerived("figures with causes", { funnel: {}, datasets: before });
      expect((await finish(store, folder)).summary.datasets).to.include({ sft: 2, untrained: 0, contradicting: 0, incomparable: 0 });
    });

    it("under another name wherever something else is counted", async () => {
      const { summary } = await finish(store, folder);
      expect({ [COUNTED]: Object.keys(summary.datasets).sort() }).to.deep.equal({
        "datasets without contradictions": [
          ...["chosenTexts", "contradicting", "duplicates", "hardCases", "incomparable", "onlyRepaired", "preferences"],
          ...["questions", "repaired", "samePairs", "sft", "siblingQuestions", "siblings", "untrained"],
        ],
      });
    });

    it("but not where a change was undone together with others", async () => {
      await written();
      const failing = () => {
        save("b", 1, "kept");
        throw new Error("undone");
      };
      expect(() => store.transaction(failing)).to.throw("undone");
      save("c", 2, "kept");
      await finish(store, folder);
      expect(rowsOf(datasetsOf(folder).sft).map(({ id }) => id)).to.deep.equal(["a", "c", "z"].map((name) => ids.get(name)));
    });
  });
});
