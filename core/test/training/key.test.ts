import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { readQueries } from "../../src/data/queries.ts";
import { ProcessGroups } from "../../src/host/process-groups.ts";
import type { JsonObject } from "../../src/kernel/plugin.ts";
import { TapGuard } from "../../src/kernel/taps.ts";
import { Session } from "../../src/loop/session.ts";
import { StopSwitch } from "../../src/loop/stop-switch.ts";
import { type KeyParts, stageDir } from "../../src/results/artifact.ts";
import { datasetFiles } from "../../src/results/datasets.ts";
import { chosenStages } from "../../src/run/stages/chosen-stages.ts";
import { changedSettings, differences } from "../../src/run/stages/key.ts";
import { decidingParts } from "../../src/run/stages/run-stage.ts";
import type { StagePlace } from "../../src/run/stages/stage-place.ts";
import { fixture } from "../support/presets.ts";
import { SERVE, StagesRun, type StagesSettings } from "../support/stages.ts";

/** A scorer that names a policy, as a judge does, and a sandbox that may answer for the tools. */
const EXTRA: NonNullable<StagesSettings["extra"]> = {
  terms: { use: fixture("reward-terms"), options: { random: false } },
  judge: { use: fixture("scripted-policy"), options: { identity: "judge 1" } },
  exact: { use: fixture("exact-scorer"), options: { brokenWhile: "judge" } },
  box: { use: "@autotraj/sandbox-none", options: {} },
};
const RL = { steps: 2, trajectoryTerm: "always", pairs: "pairs.jsonl" };
const STAGES = { sft: { model: "start", steps: 2 }, "reward-model": { heldOut: 0.4 }, rl: RL };

interface Change {
  readonly settings?: StagesSettings;
  /** The plugin whose code is another one. */
  readonly recoded?: string;
  /** The plugin that is of another package. */
  readonly repackaged?: string;
  /** The tool that answers otherwise, by what it says itself. */
  readonly answering?: string;
  /** Changes files; what it returns undoes that. */
  readonly files?: (run: StagesRun) => () => void;
  readonly questions?: number;
}

/** Writes a file, and returns how to take that back. */
function overwrite(file: string, change: (text: string) => string): () => void {
  const before = readFileSync(file, "utf8");
  writeFileSync(file, change(before));
  return () => writeFileSync(file, before);
}

const rl = (settings: JsonObject): Change => ({ settings: { stages: { ...STAGES, rl: { ...RL, ...settings } } } });
const sft = (settings: JsonObject): Change => ({ settings: { stages: { ...STAGES, sft: { ...STAGES.sft, ...settings } } } });
const rewardModel = (settings: JsonObject): Change => ({ settings: { stages: { ...STAGES, "reward-model": { heldOut: 0.4, ...settings } } } });
const options = (id: string, changed: JsonObject): Change => {
  const { use = "", options: before = {} } = EXTRA[id] ?? {};
  return { settings: { extra: { ...EXTRA, [id]: { use, options: { ...before, ...changed } } } } };
};
const plugin = (id: string, name: string, changed: JsonObject = {}): Change => ({
  settings: { extra: { ...EXTRA, [id]: { use: fixture(name), options: changed } } },
});
const artifact = (name: string, change: (artifact: JsonObject) => JsonObject): Change => ({
  files: (run) => overwrite(join(stageDir(run.at, name, name), "artifact.json"), (text) => JSON.stringify(change(JSON.parse(text)))),
});
const startFolder: Change = {
  files: (run) => {
    const folder = join(run.folder, "start");
    return overwrite(join(folder, "model.safetensors"), () => "other weights");
  },
};
const rows: Change = { files: (run) => overwrite(datasetFiles(run.at).sft, (text) => text.split("\n").slice(1).join("\n")) };
const pairRows: Change = { files: (run) => overwrite(join(run.folder, "pairs.jsonl"), (text) => `${text}{}\n`) };

const TABLE: readonly (readonly [stage: string, what: string, change: Change, differences: readonly string[]])[] = [
  ["sft", "a setting of the trainer", sft({ steps: 3 }), ["the trainer's option steps changed"]],
  ["sft", "a new setting of the trainer", sft({ learningRate: 1 }), ["the trainer's option learningRate was added"]],
  ["sft", "a setting taken out", sft({ steps: null }), ["the trainer's option steps was taken out"]],
  ["sft", "the share held out", sft({ heldOut: 0.1 }), ["the setting heldOut changed"]],
  ["sft", "which rows", sft({ rows: "kept" }), ["the setting rows changed"]],
  ["sft", "what counts the same", sft({ sampling: "questions" }), ["the setting sampling changed"]],
  ["sft", "who is trained", sft({ learns: "repairer" }), ["the rows to train on changed", "the setting learns changed"]],
  ["sft", "what a repairer sees", sft({ see: ["diagnosis"] }), ["the setting see changed"]],
  ["sft", "the trainer's code", { recoded: "trainer" }, ["plugin trainer: code changed"]],
  ["sft", "the trainer's package", { repackaged: "trainer" }, ["plugin trainer: package changed"]],
  [
    "sft",
    "another trainer",
    {
      settings: {
        stages: { ...STAGES, sft: { ...STAGES.sft, trainer: "second" } },
        extra: { ...EXTRA, second: { use: fixture("pretend-trainer"), options: { stages: ["sft"] } } },
      },
    },
    [
      "trainer changed",
      "plugin second: package was added",
      "plugin second: code was added",
      "plugin second: option stages was added",
      "plugin trainer: package was taken out",
      "plugin trainer: code was taken out",
      "plugin trainer: option journal was taken out",
    ],
  ],
  ["sft", "an option of the trainer's plugin", plugin("trainer", "pretend-trainer", { journal: "x" }), ["plugin trainer: option journal changed"]],
  ["sft", "the seed", { settings: { seed: 1 } }, ["run.seed changed"]],
  ["sft", "a seed of its own", sft({ seed: 1 }), ["the setting seed was added"]],
  [
    "reward-model",
    "a seed of its own",
    { settings: { stages: { ...STAGES, "reward-model": { heldOut: 0.4, seed: 1 } } } },
    ["the setting seed was added"],
  ],
  ["rl", "a seed of its own", rl({ seed: 2 }), ["the setting seed was added"]],
  ["sft", "the rows", rows, ["the rows to train on changed"]],
  ["sft", "another start model", sft({ model: "base" }), ["start model changed"]],
  ["sft", "the content of the start model's folder", startFolder, ["start model changed"]],
  ["reward-model", "the model of stage sft", artifact("sft", (one) => ({ ...one, key: "other" })), ["start model changed"]],
  ["reward-model", "what it learns from", rewardModel({ pairs: ["repair"] }), ["the rows to train on changed", "the setting pairs changed"]],
  ["reward-model", "how many edits", rewardModel({ edits: 2 }), ["the setting edits changed"]],
  ["reward-model", "which pairs are left out", rewardModel({ match: "none" }), ["the setting match changed"]],
  ["reward-model", "how unlike sides may be", rewardModel({ lengthRatio: 2 }), ["the setting lengthRatio changed"]],
  ["reward-model", "which sides are preferred", rewardModel({ labels: "shuffled" }), ["the setting labels changed"]],
  ["rl", "the model of stage sft", artifact("sft", (one) => ({ ...one, key: "other" })), ["start model changed"]],
  ["rl", "a setting of the trainer", rl({ steps: 3 }), ["the trainer's option steps changed"]],
  ["rl", "the questions", { questions: 39 }, ["the questions to play changed"]],
  ["rl", "what a preparer makes of the questions", plugin("prepare", "picky-preparer", { drop: "is 3 " }), ["the questions to play changed"]],
  ["rl", "the pairs", pairRows, ["the preference pairs changed"]],
  ["rl", "the rule of the reward", { settings: { reward: { combine: "sum" } } }, ["reward.combine changed"]],
  ["rl", "a term's weight", { settings: { reward: { weights: { terms: 2 } } } }, ["reward.weights changed"]],
  ["rl", "a reward plugin's code", { recoded: "terms" }, ["plugin terms: code changed"]],
  ["rl", "a reward plugin's option", options("terms", { random: true }), ["plugin terms: option random changed"]],
  ["rl", "a scorer's code", { recoded: "exact" }, ["plugin exact: code changed"]],
  ["rl", "the code of the policy that a scorer names", { recoded: "judge" }, ["plugin judge: code changed"]],
  [
    "rl",
    "the model behind it",
    options("judge", { identity: "judge 2" }),
    ["plugin judge: option identity changed", "plugin judge: identity changed"],
  ],
  ["rl", "a tool's code", { recoded: "plus" }, ["plugin plus: code changed"]],
  ["rl", "a tool's option", plugin("plus", "adder", { brokenWhile: "never" }), ["plugin plus: option brokenWhile was added"]],
  ["rl", "what a tool says that its answers follow from", { answering: "plus" }, ["plugin plus: identity changed"]],
  [
    "rl",
    "a scorer's option",
    options("exact", { brokenWhile: "nobody" }),
    ["package", "code", "option identity", "identity"]
      .map((part) => `plugin judge: ${part} was taken out`)
      .concat("plugin exact: option brokenWhile changed"),
  ],
  ["rl", "a sandbox's code", { recoded: "box" }, ["plugin box: code changed"]],
  ["rl", "the reward model", artifact("reward-model", (one) => ({ ...one, key: "other" })), ["the reward model changed"]],
  [
    "rl",
    "the reward model's scale",
    artifact("reward-model", (one) => ({ ...one, report: { ...(one["report"] as JsonObject), scale: { mean: 9, deviation: 9 } } })),
    ["the reward model's scale changed"],
  ],
  [
    "rl",
    "whether the reward model counts",
    rl({ trajectoryTerm: "never" }),
    ["the reward's terms changed", "the reward model was taken out", "the reward model's scale was taken out"],
  ],
];

const SAME: readonly (readonly [stage: string, what: string, change: Change])[] = [
  ["sft", "where the trainer reports to", sft({ reportTo: "a service" })],
  ["sft", "a reward plugin", { recoded: "terms" }],
  ["sft", "a scorer", { recoded: "exact" }],
  ["sft", "the reward", { settings: { reward: { combine: "sum" } } }],
  ["sft", "the run's seed, named as its own", sft({ seed: 0 })],
  ["rl", "the run's seed, named as its own", rl({ seed: 0 })],
  ["rl", "a gate", { recoded: "gate" }],
  ["rl", "a repairer", { recoded: "fix" }],
  ["rl", "the code of a preparer that asks the same", { recoded: "prepare" }],
  ["rl", "notes beside the start model", { files: (run) => overwrite(join(run.folder, "start", "README.md"), () => "noted") }],
];

describe("what decides a training", function () {
  this.timeout(60_000);
  let run: StagesRun;
  before(async () => {
    run = new StagesRun();
    mkdirSync(join(run.folder, "start"));
    for (const name of ["config.json", "model.safetensors", "README.md"]) writeFileSync(join(run.folder, "start", name), "{}");
    writeFileSync(join(run.folder, "pairs.jsonl"), "{}\n");
    await run.start({ stages: STAGES, extra: EXTRA, serve: SERVE });
  });
  after(() => run.remove());

  async function partsOf(
    stage: string,
    { settings = {}, recoded, repackaged, answering, questions = 40 }: Change = {},
  ): Promise<{ key: string; parts: KeyParts }> {
    const preset = await run.preset({ stages: STAGES, extra: EXTRA, ...settings });
    const session = await Session.open(preset, { cacheDir: join(run.folder, "cache") });
    const stop = new StopSwitch();
    session.lifecycle.begin(new TapGuard({ timeoutMs: 10_000, signal: stop.signal, run: { runId: "test", random: () => 0.5 } }));
    for (const loaded of session.plugins) {
      if (loaded.id === recoded) Object.assign(loaded, { version: "other", code: "other" });
      if (loaded.id === repackaged) Object.assign(loaded, { packageName: "other" });
    }
    if (answering !== undefined) Object.assign(session.tool(answering), { identity: "other" });
    const place: StagePlace = {
      session,
      all: chosenStages(session),
      root: run.at,
      runDir: run.at,
      stop,
      groups: new ProcessGroups(run.out("processes")),
      observer: {},
      incident: () => {},
      info: () => {},
      looped: undefined as never,
      passRate: () => undefined,
      async *queries() {
        let left = questions;
        for await (const query of readQueries(join(run.folder, "questions.jsonl"))) if (left-- > 0) yield query;
      },
    };
    const chosen = place.all.find(({ name }) => name === stage);
    if (chosen === undefined) throw new Error(`no stage ${stage}`);
    try {
      return await decidingParts(chosen, place);
    } finally {
      await session.dispose();
    }
  }

  async function changed(stage: string, change: Change): Promise<readonly string[]> {
    const before = await partsOf(stage);
    const undo = change.files?.(run) ?? (() => {});
    try {
      const now = await partsOf(stage, change);
      const found = differences(before.parts, now.parts);
      expect(now.key === before.key).to.equal(found.length === 0);
      return found;
    } finally {
      undo();
    }
  }

  for (const [stage, what, change, expected] of TABLE) {
    it(`${stage}: ${what} does, and is named`, async () => {
      expect([...(await changed(stage, change))].sort()).to.deep.equal([...expected].sort());
    });
  }

  for (const [stage, what, change] of SAME) {
    it(`${stage}: ${what} does not`, async () => {
      expect(await changed(stage, change)).to.deep.equal([]);
    });
  }

  for (const [stage, what, { settings = {} }, expected] of [
    ["sft", "nothing has changed", {}, []],
    ["sft", "a setting of the trainer has", sft({ steps: 3 }), ["the trainer's option steps changed"]],
    ["sft", "the share held out has", sft({ heldOut: 0.1 }), ["the setting heldOut changed"]],
    [
      "sft",
      "the trainer's own option has",
      {
        settings: {
          extra: { ...EXTRA, trainer: { use: fixture("pretend-trainer"), options: { stages: ["sft", "reward-model", "rl"], journal: "j" } } },
        },
      },
      ["plugin trainer: option journal changed", "plugin trainer: option stages was added"],
    ],
    [
      "rl",
      "what only other stages or rewards read has",
      { settings: { stages: { ...STAGES, sft: { ...STAGES.sft, steps: 9 } }, reward: { combine: "sum" } } },
      [],
    ],
  ] as readonly (readonly [string, string, Change, readonly string[]])[]) {
    it(`tells of a model whether it was trained as the preset now says, where ${what}`, async () => {
      const { parts } = await partsOf(stage);
      const preset = await run.preset({ stages: STAGES, extra: EXTRA, ...settings });
      const session = await Session.open(preset, { cacheDir: join(run.folder, "cache") });
      const chosen = chosenStages(session).find(({ name }) => name === stage);
      try {
        expect(chosen === undefined ? [] : [...changedSettings(parts, chosen, session)].sort()).to.deep.equal(expected);
      } finally {
        await session.dispose();
      }
    });
  }

  it("is not known of what an older version did", () => {
    expect(differences(undefined, {})).to.deep.equal(["the version that did it kept no record of what decided it"]);
    expect(differences({ a: "1", b: "1", c: "1" }, { b: "2", c: "1", d: "1" })).to.deep.equal(["b changed", "d was added", "a was taken out"]);
  });

  it("is what was recorded when it was done", async () => {
    for (const stage of ["sft", "reward-model", "rl"]) {
      const { key, parts } = await partsOf(stage);
      expect(run.artifact(stage)).to.deep.include({ key, parts });
      expect(JSON.parse(readFileSync(run.out("models", stage, "job.json"), "utf8"))).to.deep.equal({ key, parts });
    }
  });

  it("does not depend on where the run lies", async () => {
    const before = await partsOf("rl");
    const at = run.at;
    renameSync(at, `${at} moved`);
    run.at = `${at} moved`;
    try {
      expect(await partsOf("rl")).to.deep.include({ key: before.key });
    } finally {
      renameSync(run.at, at);
      run.at = at;
    }
  });

  it("is listed here part by part", async () => {
    // Rows change one plugin of a kind; these are the others of it.
    const others = /^plugin (?:exact|judge|plus|box|terms): (?:package|code|option|identity)/;
    const named = TABLE.flatMap(([, , , expected]) => expected).map((text) => text.replace(/ (?:changed|was added|was taken out)$/, ""));
    for (const stage of ["sft", "reward-model", "rl"]) {
      const { parts } = await partsOf(stage);
      const unlisted = Object.keys(parts).filter((part) => !named.includes(part) && !others.test(part));
      expect(unlisted, stage).to.deep.equal([]);
    }
  });
});
