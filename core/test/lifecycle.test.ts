import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { checkTrajectory } from "../src/data/trajectory-schema.ts";
import type { DeclaredTap } from "../src/kernel/declared-tap.ts";
import { Lifecycle } from "../src/kernel/lifecycle.ts";
import type { Hooks, ScoreItem, TrainJob, TrainStage, TrainTapOptions } from "../src/kernel/plugin.ts";
import { offTheClock, PluginClock } from "../src/kernel/plugin-clock.ts";
import { collectTaps } from "../src/kernel/tapping.ts";
import { failureOf, messageOfFailure } from "./support/failures.ts";
import { gate, type InlinePlugin, lifecycleOf, plugin, settle } from "./support/lifecycle.ts";
import { candidate, query, request, scored } from "./support/trajectories.ts";

const described = { description: "d" };

/** A scorer of one dimension, which notes that it ran. */
function scorer(name: string, needs: readonly string[] = [], ran: string[] = []) {
  return plugin(name, "scorer", (hooks) =>
    hooks.score.tapPromise({ dimensions: { [name]: described }, needs }, async (batch: readonly ScoreItem[]) => {
      ran.push(name);
      return batch.map(() => ({ [name]: { value: 1 } }));
    }),
  );
}

const STEPS = {
  type: "object",
  additionalProperties: false,
  properties: { steps: { type: "integer", default: 3, description: "How many." } },
} as const;

function trainer(id: string, stages: readonly TrainStage[], calls: string[] = []) {
  return plugin(id, "trainer", (hooks) => {
    for (const stageName of stages) {
      hooks.train.tapPromise({ stageName, settings: STEPS }, async (job) => {
        calls.push(`${id} ${job.stage}`);
        return { modelPath: "m", kind: "causal", metrics: {} };
      });
    }
  });
}

const job = (stage: TrainStage) => ({ stage, options: { steps: 1 }, model: "base" }) as unknown as TrainJob;

describe("the train hook", () => {
  it("lets the one backend of the stage do the job, and nobody else", async () => {
    const calls: string[] = [];
    const { lifecycle } = lifecycleOf([trainer("a", ["sft"], calls), trainer("b", ["rl", "reward-model"], calls)]);
    expect(lifecycle.backendOf("rl").name).to.equal("b");
    expect(await lifecycle.train(job("rl"))).to.deep.equal({ modelPath: "m", kind: "causal", metrics: {} });
    await lifecycle.train(job("sft"));
    expect(calls).to.deep.equal(["b rl", "a sft"]);
  });

  it("refuses a stage that nobody offers, or that two offer", async () => {
    const { lifecycle } = lifecycleOf([trainer("a", ["sft"]), trainer("b", ["sft"])]);
    expect((await failureOf(lifecycle.train(job("rl")))).message).to.equal(
      `[ATRAJ_TRAINER_MISSING] stage "rl": no plugin of the preset trains it.\n  Add one of kind trainer (\`autotraj plugin list\` shows the installed ones), or take stages.rl out.`,
    );
    expect(await messageOfFailure(() => lifecycle.backendOf("sft"))).to.equal(
      `[ATRAJ_TRAINER_AMBIGUOUS] stage "sft": "a" and "b" all offer it.\n  Keep one, or name it in stages.sft.trainer.`,
    );
  });

  it("takes the backend that the settings name", async () => {
    const calls: string[] = [];
    const { lifecycle } = lifecycleOf([trainer("a", ["sft", "rl"], calls), trainer("b", ["sft"], calls)]);
    expect([lifecycle.backendOf("sft", "b").name, lifecycle.backendOf("rl").name]).to.deep.equal(["b", "a"]);
    await lifecycle.train(job("sft"), "b");
    await lifecycle.train(job("sft"), "a");
    expect(calls).to.deep.equal(["b sft", "a sft"]);
  });

  it("knows what the stage's own backend says of its settings, and refuses one that says nothing", async () => {
    const silent = plugin("old", "trainer", (hooks) =>
      hooks.train.tapPromise({ stageName: "rl" } as TrainTapOptions, async () => ({ modelPath: "m", kind: "causal", metrics: {} })),
    );
    const { lifecycle } = lifecycleOf([trainer("a", ["sft"]), silent]);
    expect(lifecycle.backendOf("sft").settings).to.equal(STEPS);
    expect(await messageOfFailure(() => lifecycle.backendOf("rl"))).to.contain(
      '[ATRAJ_PLUGIN_INVALID] trainer "old": its tap of "train" for the stage "rl" says of no settings what they are.',
    );
  });
});

describe("a lifecycle", () => {
  it("knows the order of every hook that is tapped", () => {
    const { lifecycle } = lifecycleOf([
      scorer("b"),
      scorer("a"),
      plugin("g", "gate", (hooks) => hooks.shouldRepair.tapPromise({ name: "last" }, async () => undefined)),
    ]);
    expect([...lifecycle.order]).to.deep.equal([
      ["score", ["b", "a"]],
      ["shouldRepair", ["g:last"]],
    ]);
  });

  it("calls nobody before it has begun", async () => {
    const taps: DeclaredTap[] = [];
    plugin("p", "preparer", (hooks) => hooks.beforeRollout.tapPromise({}, async () => undefined)).tap(
      collectTaps({ id: "p", kind: "preparer", packageName: "p" }, taps),
    );
    const lifecycle = new Lifecycle(taps, { onScorerError: "record", incident: () => {}, checkTrajectory });
    expect(lifecycle.unfinished()).to.deep.equal([]);
    let failure: unknown;
    await lifecycle.beforeRollout(request()).catch((error: unknown) => {
      failure = error;
    });
    expect(String(failure)).to.contain("the lifecycle has not begun");
  });

  it("knows who has not come back, and forgets who has", async () => {
    const open = gate();
    const { lifecycle } = lifecycleOf([
      plugin("slow", "preparer", (hooks) =>
        hooks.beforeRollout.tapPromise({}, async () => {
          await open.opened;
          return undefined;
        }),
      ),
    ]);
    const work = Promise.all([lifecycle.beforeRollout(request({ query: query("q-1") })), lifecycle.beforeRollout(request({ query: query("q-2") }))]);
    await settle();
    expect(lifecycle.unfinished()).to.deep.equal(['plugin "slow" in "beforeRollout" (query q-1)', 'plugin "slow" in "beforeRollout" (query q-2)']);
    open.open();
    await work;
    expect(lifecycle.unfinished()).to.deep.equal([]);
  });

  it("scores only what is asked for, with what that needs", async () => {
    const ran: string[] = [];
    const reward = plugin("r", "reward", (hooks) =>
      hooks.reward.tapPromise({ role: "outcome", needs: ["total"] }, async (batch) => batch.map(() => ({ value: 1 }))),
    );
    const { lifecycle } = lifecycleOf([
      scorer("total", ["length"], ran),
      scorer("length", ["right"], ran),
      scorer("style", [], ran),
      scorer("right", [], ran),
      reward,
    ]);
    const wanted = lifecycle.rewardDimensions();
    expect([...wanted].sort()).to.deep.equal(["length", "right", "total"]);
    const [row] = await lifecycle.score(query(), [candidate(0)], undefined, wanted);
    expect(ran).to.deep.equal(["right", "length", "total"]);
    expect(Object.keys(row?.scores ?? {})).to.deep.equal(["total", "length", "right"]);
    expect(lifecycleOf([scorer("style")]).lifecycle.rewardDimensions().size).to.equal(0);
  });

  for (const [who, needy] of [
    ["g", plugin("g", "gate", (hooks: Hooks) => hooks.shouldRepair.tapPromise({ needs: ["style"] }, async () => undefined))],
    ["f", plugin("f", "repairer", (hooks: Hooks) => hooks.repair.tapPromise({ needs: ["style"] }, async () => undefined))],
    ["r", plugin("r", "reward", (hooks: Hooks) => hooks.reward.tapPromise({ role: "outcome", needs: ["style"] }, async () => []))],
  ] as readonly (readonly [string, InlinePlugin])[]) {
    it(`refuses a ${needy.kind} whose dimension nobody fills, and takes it where somebody does`, async () => {
      expect(await messageOfFailure(() => lifecycleOf([needy, scorer("right")]))).to.equal(
        `[ATRAJ_DIMENSION_MISSING] preset: some plugins cannot get the dimensions they need.
  "${who}" needs "style", which no scorer of the preset fills
  Dimensions there are: right. Add the scorer that fills the missing one (e.g. @autotraj/scorer-answer for "correctness").`,
      );
      lifecycleOf([needy, scorer("style")]);
    });
  }

  it("refuses a role that is none", async () => {
    const odd = plugin("r", "reward", (hooks) => hooks.reward.tapPromise({ role: "bonus" as never }, async () => []));
    expect(await messageOfFailure(() => lifecycleOf([odd]))).to.contain('its tap of "reward" has the role "bonus".');
  });

  it("tells of rewards that are none, and never makes them 0", async () => {
    const { lifecycle, incidents } = lifecycleOf([
      plugin("r", "reward", (hooks) => hooks.reward.tapPromise({ role: "outcome" }, async () => [{ value: Number.NaN }, { value: 7 }] as never)),
    ]);
    const items = [candidate(0), candidate(1)].map((trajectory): ScoreItem => ({ trajectory, query: query(), scores: {}, group: [] }));
    const terms = await lifecycle.reward(items);
    expect(terms.get("r")).to.deep.equal([
      { failed: '"r" gave NaN for "r". A value is a number; where there is none, give { skipped: "why" } or { failed: "why" }' },
      { value: 7 },
    ]);
    expect(incidents).to.deep.equal([
      {
        who: "r",
        what: 'a batch of 2: "r" gave NaN for "r". A value is a number; where there is none, give { skipped: "why" } or { failed: "why" }',
      },
    ]);
  });

  it("keeps a repair that was already accepted or given up from further repairers", async () => {
    const asked: string[] = [];
    const repairer = (id: string) =>
      plugin(id, "repairer", (hooks) =>
        hooks.repair.tapPromise({ attempts: 2 }, async ({ attempt }) => {
          asked.push(`${id} ${attempt}`);
          return candidate(attempt + 5);
        }),
      );
    for (const [decision, expected] of [
      ["keep", ["a 0"]],
      ["discard", ["a 0"]],
      ["repair", ["a 0", "a 1", "b 0", "b 1"]],
    ] as const) {
      asked.length = 0;
      const { lifecycle } = lifecycleOf([repairer("a"), repairer("b")]);
      const judge = async (trajectory: ReturnType<typeof candidate>) => ({ scored: { trajectory, scores: {} }, verdict: { decision, reason: "r" } });
      await lifecycle.repair({ request: request(), original: scored(), siblings: [] }, judge);
      expect(asked, decision).to.deep.equal(expected);
    }
  });
});

describe("a tap's clock", () => {
  const LIMIT_MS = 40;
  const longer = () => sleep(4 * LIMIT_MS);

  function clock() {
    let over = 0;
    const made = new PluginClock(LIMIT_MS, () => void over++);
    return { made, over: () => over };
  }

  it("runs out, unless it is stopped", async () => {
    const [running, stopped] = [clock(), clock()];
    stopped.made.stop();
    // Also where something asked for comes back later.
    stopped.made.go();
    await longer();
    expect([running.over(), stopped.over()]).to.deep.equal([1, 0]);
  });

  it("stands still until as many have gone as have paused", async () => {
    const { made, over } = clock();
    made.pause();
    made.pause();
    await longer();
    made.go();
    await longer();
    expect(over()).to.equal(0);
    made.go();
    await longer();
    expect(over()).to.equal(1);
  });

  it("stands still while the kernel works for the tap, whether or not that goes well", async () => {
    const { made, over } = clock();
    await made.run(() => offTheClock(longer));
    await made.run(() => offTheClock(() => longer().then(() => Promise.reject(new Error("no"))))).catch(() => {});
    expect(over()).to.equal(0);
    await longer();
    expect(over()).to.equal(1);
    expect(await offTheClock(async () => "also without a tap")).to.equal("also without a tap");
  });
});
