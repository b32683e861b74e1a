import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { StopSwitch } from "../src/loop/stop-switch.ts";
import { askedFor, readSummary } from "../src/run/run.ts";
import { failureOf } from "./support/failures.ts";
import { fixture, newFolder, presetOf } from "./support/presets.ts";
import { datasetsOf, journalOf, plugins, questionRows, type RunSettings, repeatedTurns, startRun, storedCalls, until } from "./support/runs.ts";

describe("a run that was ended early", () => {
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

  describe("goes on where it was:", () => {
    it("a finished run asks nobody anything and leaves the same bytes", async () => {
      await start({ policy: { journal } });
      const [before, calls] = [datasetsOf(out()), journalOf(journal).length];
      const { summary } = await start({ policy: { journal } });
      expect(journalOf(journal)).to.have.length(calls);
      expect(datasetsOf(out())).to.deep.equal(before);
      expect(summary.funnel.queries).to.equal(12);
    });

    it("a soft stop finishes and keeps the calls in flight, and none is made again", async () => {
      await start({ out: "undisturbed", questions: 20 });
      const policy = { journal, mostDelayMs: 30 };
      const settings = { policy, questions: 20, rollout: { candidates: 4, inFlight: 6 } };
      for (let lives = 0; lives < 5; lives++) {
        const stop = new StopSwitch();
        const asked = journalOf(journal).length;
        const work = failureOf(start({ ...settings, stop }));
        await until(() => journalOf(journal).length > asked + 9);
        stop.softly();
        expect((await work).code).to.equal("ATRAJ_INTERRUPTED");
        expect(storedCalls(out()), "every call that was made was kept").to.equal(journalOf(journal).length);
      }
      const { summary } = await start(settings);
      expect(summary.finished).to.equal(true);
      expect(repeatedTurns(journal)).to.deep.equal([]);
      await start({ ...settings, policy: {}, out: "undisturbed-4" });
      expect(datasetsOf(out())).to.deep.equal(datasetsOf(out("undisturbed-4")));
    });

    it("a stop at once does not wait for a policy that never answers, and blames nobody", async () => {
      const stop = new StopSwitch();
      const incidents: string[] = [];
      const observer = { incident: (who: string, what: string) => void incidents.push(`${who}: ${what}`) };
      const policy = { journal, hangsFor: "What is 2 ", hangsWhile: down };
      writeFileSync(down, "");
      const work = failureOf(start({ policy, stop, observer }));
      await until(() => journalOf(journal).length > 10);
      stop.softly();
      stop.atOnce(new Error("interrupted"));
      expect((await work).code).to.equal("ATRAJ_INTERRUPTED");
      expect(incidents).to.deep.equal([]);
      rmSync(down);
      await start({ policy });
      await start({ out: "undisturbed" });
      expect(datasetsOf(out())).to.deep.equal(datasetsOf(out("undisturbed")));
    });

    it("a stop ends those who wait for their wave", async () => {
      const stop = new StopSwitch();
      writeFileSync(down, "");
      const policy = { journal, hangsFor: "What is 2 ", hangsWhile: down, rightPercent: 0 };
      const work = failureOf(start({ policy, stop, rollout: { wave: 12 } }));
      // Eleven questions have both turns of both candidates; the twelfth never ends, so no repair begins.
      await until(() => journalOf(journal).length === 11 * 4 + 2);
      stop.softly();
      rmSync(down);
      expect((await work).code).to.equal("ATRAJ_INTERRUPTED");
      const repairs = () => journalOf(journal).filter(({ question }) => question.includes(" the attempt]\n"));
      expect(repairs()).to.deep.equal([]);
      expect((await start({ policy, rollout: { wave: 12 } })).summary.funnel).to.include({ queries: 12, candidates: 24, hard: 24 });
      expect(repairs()).not.to.deep.equal([]);
      expect(repeatedTurns(journal)).to.deep.equal([]);
    });

    it("a policy that fails ten times in a row ends the run, and resuming does the rest", async () => {
      writeFileSync(down, "");
      const policy = { journal, brokenWhile: down };
      const error = await failureOf(start({ policy, rollout: { inFlight: 1 } }));
      expect(error.message).to.equal(
        `[ATRAJ_POLICY_FAILED] policy "student": 10 turns in a row could not be had; the last: the scripted policy is down
  Nothing is lost: \`autotraj resume\` goes on from here.`,
      );
      expect(error.exitCode).to.equal(1);
      expect(journalOf(journal)).to.have.length(10);
      rmSync(down);
      await start({ policy, rollout: { inFlight: 1 } });
      await start({ out: "undisturbed" });
      expect(datasetsOf(out())).to.deep.equal(datasetsOf(out("undisturbed")));
    });

    it("a policy that can answer nothing until a setting is changed ends the run at once, and resuming does the rest", async () => {
      writeFileSync(down, "");
      const policy = { journal, brokenWhile: down, brokenForGood: true };
      const error = await failureOf(start({ policy, rollout: { inFlight: 1 } }));
      expect(error.message).to.equal(
        `[ATRAJ_POLICY_FAILED] policy "student": the scripted policy is down
  Lift it up. Nothing is lost: \`autotraj resume\` goes on from here; with a changed preset start anew, in another folder.`,
      );
      expect(error).to.include({ exitCode: 1, pluginCode: "DOWN" });
      expect(journalOf(journal)).to.have.length(1);
      rmSync(down);
      await start({ policy, rollout: { inFlight: 1 } });
      await start({ out: "undisturbed" });
      expect(datasetsOf(out())).to.deep.equal(datasetsOf(out("undisturbed")));
    });

    it("a tap that can do nothing until a setting is changed ends the run, though failures of its hook are only recorded", async () => {
      writeFileSync(down, "");
      const settings = { plugins: { exact: [fixture("exact-scorer"), { brokenWhile: down, brokenForGood: true }] as const } };
      const error = await failureOf(start(settings));
      expect(error).to.include({ code: "ATRAJ_HOOK_FAILED", pluginCode: "BROKEN" });
      expect(error.message).to.include("the scorer is broken");
      expect(readSummary(out()).funnel.candidates).to.equal(0);
      rmSync(down);
      expect((await start(settings)).summary.funnel).to.include({ failedQueries: 0, queries: 12, candidates: 24 });
    });

    it("a policy that fails on some questions only fails these, and resuming asks only for these", async () => {
      writeFileSync(down, "");
      const settings = {
        policy: { journal, brokenFor: "What is 5 ", brokenWhile: down },
        plugins: { fix: ["@autotraj/repairer-llm", { policy: "student" }] as const },
      };
      const { summary } = await start(settings);
      expect(summary.funnel).to.include({ failedQueries: 1, queries: 12, candidates: 24 });
      const before = journalOf(journal).length;
      rmSync(down);
      expect((await start(settings)).summary.funnel).to.include({ failedQueries: 0, queries: 12, candidates: 24 });
      const asked = journalOf(journal).slice(before);
      expect(asked).to.have.length.within(4, 8);
      expect(asked.filter(({ question }) => !question.includes("What is 5 "))).to.deep.equal([]);
      await start({ plugins: settings.plugins, out: "undisturbed" });
      expect(datasetsOf(out())).to.deep.equal(datasetsOf(out("undisturbed")));
    });

    it("a plugin that fails twenty questions in a row ends the run, and resuming does them again", async () => {
      writeFileSync(down, "");
      const settings = { questions: 60, plugins: { prepare: [fixture("picky-preparer"), { brokenWhile: down }] as const } };
      const error = await failureOf(start(settings));
      expect(error.message).to.match(
        /^\[ATRAJ_QUERIES_FAILED\] run: 20 questions in a row failed; the last: \[ATRAJ_HOOK_FAILED\] plugin "prepare" \(@autotraj\/core\): its tap of "beforeRollout" failed in \S+picky-preparer\.mjs:\d+, query q-\d+: the preparer is broken\n {2}Correct what the message names/,
      );
      expect(readSummary(out()).funnel.failedQueries).to.be.within(20, 59);
      rmSync(down);
      await start(settings);
      await start({ questions: 60, out: "undisturbed" });
      expect(datasetsOf(out())).to.deep.equal(datasetsOf(out("undisturbed")));
    });

    it("a scorer that ends the run leaves the calls they have made", async () => {
      writeFileSync(down, "");
      const settings = {
        questions: 30,
        policy: { journal },
        plugins: { exact: [fixture("exact-scorer"), { brokenWhile: down }] as const },
        run: { onScorerError: "fail" },
      };
      expect((await failureOf(start(settings))).code).to.equal("ATRAJ_SCORER_FAILED");
      rmSync(down);
      await start(settings);
      expect(repeatedTurns(journal)).to.deep.equal([]);
    });

    it("remembers how it was asked for", async () => {
      await start({ limit: 3 });
      expect(askedFor(out())).to.deep.equal({ ref: join(folder, "demo.json"), cwd: folder, set: [], limit: 3 });
    });
  });

  it("that has nothing left to wait for ends, and names who never came back", async () => {
    writeFileSync(join(folder, "questions.jsonl"), questionRows(4));
    // Without repairs: a repairer that waits for its wave keeps the process alive until its own time is over.
    const settings = { queries: { train: "questions.jsonl" }, rollout: { candidates: 1 }, repair: { enabled: false } };
    await presetOf(folder, plugins({ neverFor: "What is 2 " }), settings);
    const script = resolve(import.meta.dirname, "fixtures/run-here.mjs");
    const { code, stderr } = await new Promise<{ code: unknown; stderr: string }>((done) => {
      execFile(process.execPath, [script, folder], (error, _stdout, stderr) => done({ code: error?.code, stderr }));
    });
    expect(stderr).to.equal('[ATRAJ_UNFINISHED] run: nothing is left to do, but these never came back.\n  model "student"\n');
    expect(code).to.equal(1);
  });
});
