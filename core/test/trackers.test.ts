import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parseJson } from "../src/data/exact-json.ts";
import { Tracking } from "../src/host/tracking.ts";
import type { JsonObject, RunEvent, Tracker } from "../src/kernel/plugin.ts";
import { StopSwitch } from "../src/loop/stop-switch.ts";
import { failureOf } from "./support/failures.ts";
import { fixture } from "./support/presets.ts";
import { datasetsOf, journalOf, type RunSettings, startRun, until } from "./support/runs.ts";
import { StagesRun } from "./support/stages.ts";

type Of<Name extends RunEvent["event"]> = Extract<RunEvent, { event: Name }>;

class Told {
  readonly events: readonly RunEvent[];
  constructor(journal: string) {
    this.events = journalOf(journal).filter(({ disposed }) => disposed !== true);
  }
  of<Name extends RunEvent["event"]>(name: Name): Of<Name>[] {
    return this.events.filter((event): event is Of<Name> => event.event === name);
  }
  starts(kind: string): Of<"start">[] {
    return this.of("start").filter(({ activity }) => activity.kind === kind);
  }
  end(id: number | undefined): Of<"end"> | undefined {
    return this.of("end").find((end) => end.id === id);
  }
  /** The kinds of the activities around this event, the innermost first. */
  around({ within }: RunEvent): string[] {
    const start = this.of("start").find(({ id }) => id === within);
    return start === undefined ? [] : [start.activity.kind, ...this.around(start)];
  }
}

describe("a tracker", () => {
  let folder: string;
  let journal: string;
  let incidents: string[];
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-trackers-")));
    journal = join(folder, "told.jsonl");
    incidents = [];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const observer = { incident: (who: string, what: string) => void incidents.push(`${who}: ${what}`) };
  const watching = (options: JsonObject = {}): RunSettings["plugins"] => ({ watch: [fixture("watching-tracker"), { journal, ...options }] });
  const start = (options: JsonObject = {}, settings: Partial<RunSettings> = {}) =>
    startRun({ folder, questions: 8, observer, ...settings, plugins: { ...watching(options), ...settings.plugins } });
  const told = () => new Told(journal);

  describe("is told", () => {
    it("how the loop goes: each activity within the one it belongs to, with its end", async () => {
      const { summary } = await start();
      const { funnel } = summary;
      const events = told();
      const [run, ...otherRuns] = events.starts("run");
      expect(otherRuns).to.deep.equal([]);
      expect(run?.activity).to.include({ preset: "demo", runDir: join(folder, "out"), questions: 8 });
      expect(events.end(run?.id)).to.deep.include({ outcome: "done", figures: funnel });
      expect(events.starts("question")).to.have.length(8);
      expect(events.starts("repair")).to.have.length(funnel.toRepair).and.not.empty;
      for (const begun of events.of("start")) expect(events.end(begun.id), begun.activity.kind).not.to.equal(undefined);
      for (const question of events.starts("question")) expect(events.around(question)).to.deep.equal(["run"]);
      const rollouts = events.starts("rollout").map((rollout) => events.around(rollout).join(" "));
      expect(new Set(rollouts)).to.deep.equal(new Set(["question run", "repair question run"]));
      for (const call of [...events.of("model-call"), ...events.of("tool-call")]) expect(events.around(call)[0]).to.equal("rollout");
    });

    it("every call with its tokens and time, and every trajectory with scores, verdict and what became of it", async () => {
      const { summary } = await start();
      const events = told();
      const fresh = events.of("model-call").filter(({ stored }) => !stored);
      const { student } = summary.usage;
      expect(fresh).to.have.length(student?.calls ?? 0).and.not.empty;
      expect(fresh.reduce((sum, { usage }) => sum + (usage?.completionTokens ?? 0), 0)).to.equal(student?.completionTokens);
      for (const { milliseconds } of fresh) expect(milliseconds).to.be.at.least(0);
      expect(events.of("tool-call")).not.to.be.empty;
      expect(events.of("tool-call")[0]).to.include({ name: "add", ok: true });
      const fates = Map.groupBy(events.of("trajectory"), ({ fate }) => fate);
      expect(fates.get("kept")).to.have.length(summary.funnel.kept);
      expect(fates.get("accepted") ?? []).to.have.length(summary.funnel.repaired);
      expect(fates.get("refused") ?? []).to.have.length(summary.funnel.refused);
      for (const { scores, verdict, provenance } of fates.get("kept") ?? []) {
        expect(scores["correctness"]).to.deep.equal({ value: 1 });
        expect(verdict).to.deep.equal({ decision: "keep", by: "gate" });
        expect(provenance).to.include({ origin: "rollout", policy: "student", model: "scripted" });
      }
      const written = new Set(events.of("end").map(({ trajectory }) => trajectory));
      for (const { trajectory } of fates.get("kept") ?? []) expect(written).to.include(trajectory);
    });

    it("no text, unless it asks for it", async () => {
      await start();
      expect(readFileSync(journal, "utf8")).not.to.contain("What is").and.not.to.contain("content");
      rmSync(journal);
      await start({ content: true }, { out: "with-content" });
      const events = told();
      const [call] = events.of("model-call");
      expect(call?.content).to.have.all.keys("messages", "continuation", "tools", "turn");
      expect(JSON.stringify(call?.content)).to.contain("What is");
      expect(JSON.stringify(events.of("tool-call")[0]?.content)).to.contain('"arguments"');
      expect(JSON.stringify(events.of("trajectory")[0]?.content)).to.contain('"reason"');
    });

    it("which questions an earlier process has done, though nobody watched it", async () => {
      const stop = new StopSwitch();
      const policy = { journal: join(folder, "asked"), mostDelayMs: 5 };
      const done = { trajectory: () => void (journalOf(policy.journal).length > 40 && stop.softly()) };
      expect((await failureOf(startRun({ folder, questions: 24, policy, stop, observer: done }))).code).to.equal("ATRAJ_INTERRUPTED");
      const { summary } = await start({}, { questions: 24, policy });
      expect(summary.finished).to.equal(true);
      expect(incidents).to.deep.equal([]);
      const events = told();
      expect(events.of("resumed")).not.to.be.empty;
      expect(events.of("resumed").length + events.starts("question").length).to.equal(24);
      expect(events.of("model-call").filter(({ stored }) => stored)).not.to.be.empty;
    });

    it("which incidents there were", async () => {
      const broken = join(folder, "broken");
      writeFileSync(broken, "");
      await start({}, { plugins: { exact: [fixture("exact-scorer"), { brokenWhile: broken }] } });
      const incident = told().of("incident")[0];
      expect(incident).to.include({ who: "exact" });
      expect(incident?.what).to.contain("the scorer is broken");
    });

    it("what training does step by step, and what an evaluation finds", async () => {
      const stages = new StagesRun();
      try {
        const watch = { use: fixture("watching-tracker"), options: { journal } };
        const { summary } = await stages.start({ stages: { sft: { model: "base" }, evaluate: {} }, extra: { watch } });
        const events = told();
        expect(events.starts("stage").map(({ activity }) => (activity.kind === "stage" ? activity.stage : ""))).to.deep.equal(["sft", "evaluate"]);
        expect(events.of("training-step").map(({ step }) => step)).to.include(1);
        for (const step of events.of("training-step")) expect(events.around(step)).to.deep.equal(["stage", "run"]);
        expect(events.of("stage-result").map(({ stage, isNew }) => [stage, isNew])).to.deep.equal([["sft", true]]);
        const models = summary.evaluation?.models ?? [];
        expect(models).not.to.be.empty;
        expect(events.of("evaluation").map(({ model, figures }) => [model, figures["greedy"]])).to.deep.equal(
          models.map(({ model, greedy }) => [model, greedy?.value]),
        );
        const inEvaluation = events.starts("rollout").filter((rollout) => events.around(rollout)[0] === "stage");
        expect(inEvaluation).to.have.length.at.least(12 * models.length);
      } finally {
        stages.remove();
      }
    });

    it("the end, also of a run that is stopped or fails", async () => {
      const stop = new StopSwitch();
      const policy = { journal: join(folder, "asked"), mostDelayMs: 5 };
      const work = failureOf(start({}, { stop, policy, questions: 40 }));
      await until(() => journalOf(policy.journal).length > 9);
      stop.softly();
      expect((await work).code).to.equal("ATRAJ_INTERRUPTED");
      const stopped = told();
      expect(stopped.end(stopped.starts("run")[0]?.id)?.outcome).to.equal("interrupted");
      expect(journalOf(journal).at(-1)).to.deep.equal({ disposed: true });
      rmSync(journal);

      const down = join(folder, "down");
      writeFileSync(down, "");
      const error = await failureOf(start({}, { out: "failing", policy: { brokenWhile: down, brokenForGood: true } }));
      expect(error.code).to.equal("ATRAJ_POLICY_FAILED");
      const failed = told();
      expect(failed.end(failed.starts("run")[0]?.id)).to.include({ outcome: "failed", reason: error.message });
      expect(failed.of("model-call").map(({ error }) => error)).to.include("the scripted policy is down");
    });
  });

  describe("changes nothing", () => {
    it("in what a run leaves: data sets, key and incidents are the same without it", async () => {
      const watched = await start({ content: true });
      const alone = await startRun({ folder, questions: 8, out: "alone", observer });
      expect(datasetsOf(join(folder, "out"))).to.deep.equal(datasetsOf(join(folder, "alone")));
      expect(watched.summary.run).to.equal(alone.summary.run);
      expect(incidents).to.deep.equal([]);
    });

    for (const [what, options, said] of [
      ["throws", { throws: true }, /^watch: what happened could not be told: the tracker is down$/],
      ["meddles with what it is told", { meddles: true }, /^watch: what happened could not be told: Cannot assign to read only property 'event'/],
      ["cannot be started", { startFails: true }, /^plugin: .*plugin "watch": its start failed: there is nobody to tell/],
    ] as const) {
      it(`where it ${what}: that is an incident by its name`, async () => {
        const { summary } = await start(options);
        await startRun({ folder, questions: 8, out: "alone" });
        expect(summary.finished).to.equal(true);
        expect(datasetsOf(join(folder, "out"))).to.deep.equal(datasetsOf(join(folder, "alone")));
        expect(incidents).not.to.be.empty;
        for (const incident of incidents) expect(incident).to.match(said);
      });
    }

    it("where it never comes back: the run does not wait longer than it has to, and says what was not told", async () => {
      const stop = new StopSwitch();
      const policy = { journal: join(folder, "asked"), mostDelayMs: 5 };
      const work = failureOf(start({ hangs: true }, { stop, policy, questions: 40 }));
      await until(() => journalOf(policy.journal).length > 9);
      stop.softly();
      stop.atOnce(new Error("now"));
      expect((await work).code).to.equal("ATRAJ_INTERRUPTED");
      expect(incidents).to.have.length(1);
      expect(incidents[0]).to.match(/^watch: \d+ events could not be told at the end: it did not come back within 1 s$/);
    });
  });
});

describe("what trackers are told", () => {
  const happening = { event: "evaluating", model: "sft", questions: 1 } as const;
  const follow = (tracker: Tracker, incidents: string[] = []) =>
    new Tracking(new Map([["watch", tracker]]), (who, what) => void incidents.push(`${who}: ${what}`));

  it("waits for at most ten thousand events, and says how many more there were", async () => {
    const incidents: string[] = [];
    let got = 0;
    const tracking = follow(
      {
        track(events) {
          got += events.length;
        },
      },
      incidents,
    );
    for (let n = 0; n < 10_007; n++) tracking.tell(happening);
    await tracking.close();
    expect(got).to.equal(10_000);
    expect(incidents).to.deep.equal(["watch: 7 events were left out: it takes them slower than they come."]);
  });

  it("is handed over once at a time, in order", async () => {
    const batches: number[][] = [];
    let inside = 0;
    const tracking = follow({
      async track(events) {
        expect(++inside).to.equal(1);
        await new Promise((resolve) => setTimeout(resolve, 300));
        batches.push(events.map((event) => (event.event === "evaluating" ? event.questions : -1)));
        inside--;
      },
    });
    tracking.tell({ ...happening, questions: 0 });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    tracking.tell({ ...happening, questions: 1 });
    tracking.tell({ ...happening, questions: 2 });
    await tracking.close();
    expect(batches).to.deep.equal([[0], [1, 2]]);
  });

  it("holds numbers that a double does not", async () => {
    const told: RunEvent[] = [];
    const tracking = follow({ content: true, track: async (events) => void told.push(...events) });
    tracking.tell(happening, () => parseJson('{"arguments":{"id":12345678901234567890}}') as never);
    await tracking.close();
    expect(JSON.stringify(told)).to.contain('"id":12345678901234567890');
  });

  it("ends for a tracker that fails ten times in a row, whose own failures it is not told of", async () => {
    const incidents: string[] = [];
    let calls = 0;
    const tracking: Tracking = new Tracking(
      new Map([["watch", { track: () => Promise.reject(new Error(`no ${++calls}`)) }]]),
      (who, what) => {
        incidents.push(`${who}: ${what}`);
        tracking.tell({ event: "incident", who, what });
      },
      5,
    );
    for (let n = 0; n < 12; n++) {
      tracking.tell(happening);
      await until(() => calls > n || incidents.length >= 10);
    }
    expect(calls).to.equal(10);
    expect(incidents.at(-1)).to.equal("watch: what happened could not be told: no 10. It is told nothing more.");
    await tracking.close();
    expect(calls).to.equal(10);
  });
});
