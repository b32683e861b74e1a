import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { fixture, newFolder } from "./support/presets.ts";
import { datasetsOf, inStore, journalOf, type RunSettings, repeatedTurns, rowsOf, startRun } from "./support/runs.ts";

describe("a run", () => {
  let folder: string;
  let journal: string;
  let down: string;
  beforeEach(() => {
    folder = newFolder();
    journal = join(folder, "journal.jsonl");
    down = join(folder, "down");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const start = (settings: Omit<RunSettings, "folder"> = {}) => startRun({ folder, ...settings });
  const out = (name = "out") => join(folder, name);

  describe("from questions to data sets", () => {
    it("keeps what is right, repairs what is wrong, and adds up", async () => {
      const { summary } = await start({ questions: 20 });
      const { funnel, datasets } = summary;
      expect(funnel).to.include({ queries: 20, candidates: 40, dropped: 0, failedQueries: 0, discarded: 0 });
      expect(funnel.kept + funnel.toRepair).to.equal(40);
      expect(funnel.repaired + funnel.hard).to.equal(funnel.toRepair);
      expect(funnel.pairs + datasets.samePairs).to.equal(funnel.repaired);
      expect(funnel.sft + funnel.duplicates).to.equal(funnel.kept + funnel.repaired);
      expect(Math.min(funnel.kept, funnel.repaired, funnel.hard), "the script should give some of each").to.be.above(0);
      expect(summary.right).to.deep.equal({ candidates: funnel.kept, judged: 40 });
      expect(summary.finished).to.equal(true);
    });

    it("writes right trajectories to imitate, and pairs of a repair and what it repairs", async () => {
      await start({ questions: 20 });
      const { sft, preferences, hardCases } = datasetsOf(out());
      for (const row of rowsOf(sft)) expect(row.query.answers, row.id).to.include(row.answer);
      for (const row of rowsOf(hardCases)) expect(row.query.answers, row.id).not.to.include(row.answer);
      for (const { query, chosen, rejected } of rowsOf(preferences)) {
        expect(query.answers).to.include(chosen.answer).and.not.to.include(rejected.answer);
        expect(chosen.provenance).to.include({ origin: "repair", parent: rejected.id, repairer: "fix" });
        expect(chosen.provenance.notes.exemplars).not.to.include(rejected.id);
      }
    });

    it("writes pairs of siblings beside them: what was kept, and a wrong answer to the same question by the same hand", async () => {
      const { summary, files } = await start({ questions: 20, rollout: { candidates: 4 } });
      const pairs = rowsOf(readFileSync(files.siblings, "utf8"));
      expect(summary.datasets).to.include({ siblings: pairs.length, siblingQuestions: new Set(pairs.map(({ query }) => query.id)).size });
      const fates = inStore(
        out(),
        (store) => new Map(pairs.flatMap((pair) => [pair.chosen, pair.rejected]).map(({ id }) => [id, store.trajectory(id)?.fate])),
      );
      for (const { query, kind, chosen, rejected } of pairs) {
        expect(kind).to.equal("sibling");
        expect(query.answers).to.include(chosen.answer).and.not.to.include(rejected.answer);
        expect([chosen.query.id, rejected.query.id]).to.deep.equal([query.id, query.id]);
        expect([chosen.provenance.policy, rejected.provenance.policy, chosen.provenance.origin]).to.deep.equal(["student", "student", "rollout"]);
        expect(fates.get(chosen.id)).to.equal("kept");
        expect(fates.get(rejected.id)).to.be.oneOf(["repaired", "hard"]);
      }
    });

    it("says of each message whether it is trained on, and leaves times and tokens out", async () => {
      await start();
      for (const { messages } of rowsOf(datasetsOf(out()).sft)) {
        expect(messages.map(({ role, train }: { role: string; train?: boolean }) => [role, train])).to.deep.equal([
          ["system", undefined],
          ["user", undefined],
          ["assistant", true],
          ["tool", undefined],
          ["assistant", true],
        ]);
        expect(messages[3]).to.have.all.keys("role", "toolCallId", "name", "content", "ok");
      }
    });

    it("has its questions in the file's order", async () => {
      await start({ questions: 20, policy: { mostDelayMs: 5 } });
      const order = rowsOf(datasetsOf(out()).sft).map(({ query }) => Number(query.id.slice(2)));
      expect(order).to.have.length.above(5);
      expect(order).to.deep.equal([...order].sort((a, b) => a - b));
    });

    it("drops questions before anybody is asked, with the reason", async () => {
      const { summary } = await start({
        policy: { journal },
        plugins: { prepare: [fixture("picky-preparer"), { drop: "What is 1" }] },
      });
      expect(summary.funnel).to.include({ queries: 12, dropped: 3, candidates: 18 });
      expect(journalOf(journal).filter(({ question }) => question.includes("What is 1"))).to.deep.equal([]);
      const dropped = inStore(out(), (store) => store.all("SELECT id, reason FROM queries WHERE status = 'dropped' ORDER BY position"));
      expect(dropped.map((row) => ({ ...(row as object) }))).to.deep.equal(
        ["q-1", "q-10", "q-11"].map((id) => ({ id, reason: 'prepare: holds "What is 1"' })),
      );
    });

    it("repairs nothing where the preset says so", async () => {
      const { summary } = await start({ repair: { enabled: false }, policy: { journal } });
      expect(summary.funnel).to.include({ candidates: 24, toRepair: 0, pairs: 0, discarded: 24 - summary.funnel.kept });
      expect(journalOf(journal)).to.have.length(48);
    });

    it("takes only as many questions as it is limited to", async () => {
      expect((await start({ limit: 5 })).summary.funnel.queries).to.equal(5);
    });

    it("goes on when a tool breaks, and says so in the trajectory", async () => {
      writeFileSync(down, "");
      const { summary } = await start({ questions: 2, plugins: { plus: [fixture("adder"), { brokenWhile: down }] } });
      expect(summary.funnel.candidates).to.equal(4);
      const [first] = inStore(out(), (store) => [...store.trajectories(["kept", "repaired", "hard"])]);
      expect(first?.trajectory.messages[3]).to.include({ role: "tool", content: "[the tool is not available]", ok: false });
      expect(first?.trajectory.faults).to.deep.equal(['tool "plus" broke: the adder is broken']);
      const stored = inStore(out(), (store) => store.one("SELECT count(*) n FROM calls WHERE kind = 'tool'") as { n: number });
      expect(stored.n, "a broken tool's answer is not an answer to remember").to.equal(0);
    });

    it("records a failing scorer as failed, without losing the run", async () => {
      writeFileSync(down, "");
      const { summary } = await start({ questions: 3, plugins: { exact: [fixture("exact-scorer"), { brokenWhile: down }] } });
      expect(summary.dimensions["correctness"]).to.include({ candidates: null });
      const { failed, asked, failure } = summary.dimensions["correctness"] ?? {};
      expect(failed).to.be.above(5).and.equal(asked);
      expect(failure).to.match(/^its tap of "score" failed in \S+exact-scorer\.mjs:\d+, query q-0: the scorer is broken$/);
      expect(Object.keys(summary.incidentsBy)).to.deep.equal(["exact"]);
      expect(summary.incidents).to.be.above(0);
      expect(summary.funnel).to.include({ kept: 0, failedQueries: 0 });
    });

    it("uses the same data sets' bytes for the same seed, others for another", async () => {
      await start({ out: "one" });
      await start({ out: "two" });
      await start({ out: "three", run: { seed: 1 } });
      expect(datasetsOf(out("one"))).to.deep.equal(datasetsOf(out("two")));
      expect(datasetsOf(out("three")).sft).not.to.equal(datasetsOf(out("one")).sft);
    });
  });

  describe("does not depend on timing:", () => {
    it("random delays and 1, 7 or 64 trajectories at once give the same bytes", async () => {
      const settings = { questions: 24, rollout: { candidates: 3, wave: 8, inFlight: 64 } };
      const { summary } = await start({ ...settings, out: "undelayed" });
      expect(summary.funnel.repaired, "exemplars have to matter").to.be.above(5);
      const expected = datasetsOf(out("undelayed"));
      expect(rowsOf(expected.preferences).flatMap(({ chosen }) => chosen.provenance.notes.exemplars)).to.have.length.above(10);
      for (const inFlight of [1, 7, 64]) {
        await start({ ...settings, out: `at-${inFlight}`, policy: { mostDelayMs: 4 }, rollout: { ...settings.rollout, inFlight } });
        // The delay is an option of the policy, so it may not show either.
        expect(datasetsOf(out(`at-${inFlight}`)), `inFlight ${inFlight}`).to.deep.equal(expected);
      }
    });

    it("a wave larger than what may be in flight does not wait for itself", async () => {
      const { summary } = await start({ questions: 40, rollout: { candidates: 4, wave: 32, inFlight: 2 } });
      expect(summary.funnel.candidates).to.equal(160);
    });

    it("a wave of one sees only what came before it", async () => {
      await start({ questions: 10, rollout: { candidates: 2, wave: 1 } });
      const pairs = rowsOf(datasetsOf(out()).preferences);
      const positions = inStore(
        out(),
        (store) =>
          new Map(
            (store.all("SELECT id, position FROM trajectories") as { id: string; position: number }[]).map(({ id, position }) => [id, position]),
          ),
      );
      expect(pairs).not.to.have.length(0);
      for (const { chosen } of pairs) {
        for (const exemplar of chosen.provenance.notes.exemplars) {
          expect(positions.get(exemplar)).to.be.below(positions.get(chosen.id) ?? 0);
        }
      }
    });
  });

  describe("remembers calls", () => {
    it("across runs where the preset says so: raising the number of candidates pays only for the new ones", async () => {
      const settings = { policy: { journal }, run: { cache: "shared" }, repair: { enabled: false } };
      await start({ ...settings, out: "two" });
      expect(journalOf(journal)).to.have.length(12 * 2 * 2);
      const { summary } = await start({ ...settings, out: "four", rollout: { candidates: 4 } });
      expect(journalOf(journal)).to.have.length(12 * 4 * 2);
      expect(repeatedTurns(journal)).to.deep.equal([]);
      expect(summary.funnel.candidates).to.equal(48);
    });

    it("in the run alone where it says nothing", async () => {
      await start({ policy: { journal }, out: "one", repair: { enabled: false } });
      await start({ policy: { journal }, out: "two", repair: { enabled: false } });
      expect(journalOf(journal)).to.have.length(2 * 48);
    });
  });
});
