/**
 * What stages and people would have left of a large generated run: as many pairs, answers, steps and acts as it may have. Written line by line; the same few
 * hundred trajectories stand under ever new ids, since only their number matters here. Small and by the stages' own functions: generated-stages.ts.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { keepEvaluation, type ModelEvaluation } from "@autotraj/core/reports";
import { trajectoryRow } from "@autotraj/core/rows";
import { compareModels, meanEstimate } from "@autotraj/statistics/intervals";
import { chance, queryAt, scoresOf, written } from "./generated-run.ts";

const DIFFERENT = 200;
const SEED = 7;
const MODELS = { base: 0.4, sft: 0.7, rl: 0.75 };
const STEPS = 20_000;

/** Of a run of this many trajectories: a third as many pairs, a tenth as many held out, a fiftieth as many evaluated questions, a hundredth as many acts. */
export function generateLargeStages(runDir: string, trajectories: number): void {
  const [pairs, heldOut] = [Math.floor(trajectories / 3), Math.floor(trajectories / 10)];
  lines(join(runDir, "datasets", "preferences.jsonl"), Math.floor((2 * pairs) / 3), (at) => pair(at, "repair"));
  lines(join(runDir, "datasets", "siblings.jsonl"), Math.floor(pairs / 3), (at) => pair(at, "sibling"));
  rewardModel(join(runDir, "models", "reward-model"), heldOut);
  for (const stage of ["sft", "rl"]) training(join(runDir, "models", stage), stage);
  evaluation(runDir, Math.floor(trajectories / 50));
  acts(runDir, Math.floor(trajectories / 100));
}

function lines(file: string, count: number, row: (at: number) => object): void {
  mkdirSync(dirname(file), { recursive: true });
  const handle = openSync(file, "w");
  for (let at = 0; at < count; ) {
    const some = Array.from({ length: Math.min(1000, count - at) }, () => `${JSON.stringify(row(at++))}\n`);
    writeSync(handle, some.join(""));
  }
  closeSync(handle);
}

const sides = Array.from({ length: DIFFERENT }, (_, at) => {
  const query = queryAt(at, "");
  const row = (right: boolean) => {
    const trajectory = written(query, {
      right,
      broken: !right,
      provenance: { origin: "rollout", policy: "student", model: "small-1b", candidate: 0 },
    });
    return trajectoryRow({ trajectory, scores: scoresOf(trajectory, at, right) });
  };
  return { query, right: row(true), wrong: row(false) };
});
const side = (at: number) => sides[at % DIFFERENT] as (typeof sides)[number];

function pair(at: number, kind: string): object {
  const { query, right, wrong } = side(at);
  return {
    ...{ kind, query: { ...query, id: `q-${at}` } },
    chosen: { ...right, id: `t-${kind}-${at}-right` },
    rejected: { ...wrong, id: `t-${kind}-${at}-wrong` },
  };
}

/** Every third pair of the preferences, one in ten of them an edit, and of these one in five hundred a rare one. */
function rewardModel(dir: string, heldOut: number): void {
  const edit = (at: number) => (at % 10 !== 0 ? {} : { kind: "edit", edit: at % 5000 === 0 ? "rare" : "flipped-sign" });
  lines(join(dir, "data", "held-out.jsonl"), heldOut, (at) => ({ ...pair(2 * at, "repair"), ...edit(at) }));
  lines(join(dir, "held-out-judged.jsonl"), heldOut, (at) => ({
    ...{ chosen: `t-repair-${2 * at}-right`, rejected: `t-repair-${2 * at}-wrong` },
    ...{ chosenScore: at % 17 === 5 ? null : chance(at, 95) * 4 - 1, rejectedScore: chance(at, 96) * 3 - 1.5 },
    rules: { "bag of words": chance(at, 97) < 0.6 ? 1 : 0, length: 0.5 },
  }));
  training(dir, "reward-model");
}

function training(dir: string, stage: string): void {
  lines(join(dir, "progress.jsonl"), STEPS, (at) => ({
    ...{ step: at + 1, total: STEPS },
    metrics: {
      loss: 2 / (1 + at / 20),
      learning_rate: 1e-5,
      grad_norm: chance(at, 91),
      reward: at / STEPS,
      kl: at / 5000,
      entropy: 0.4,
      toolCalls: 1,
    },
  }));
  const artifact = {
    stage,
    key: stage,
    madeFrom: [],
    trainer: "@autotraj/trainer-trl",
    seconds: 61.5,
    rows: { train: 80, heldOut: 20 },
    metrics: {},
  };
  writeFileSync(join(dir, "artifact.json"), JSON.stringify(artifact));
}

function evaluation(runDir: string, questions: number): void {
  const right = (model: keyof typeof MODELS, at: number, sample: number) => chance(at, 100 + sample + model.length) < MODELS[model];
  const models = Object.keys(MODELS) as (keyof typeof MODELS)[];
  const answers = (model: keyof typeof MODELS) => new Map(Array.from({ length: questions }, (_, at) => [`h-${at}`, right(model, at, 0) ? 1 : 0]));
  for (const model of models)
    lines(join(runDir, "evaluation", `${model}.jsonl`), questions, (at) => {
      const of = (sample: number) => side(at)[right(model, at, sample) ? "right" : "wrong"];
      return { id: `h-${at}`, greedy: of(0), samples: [of(1), of(2)] };
    });
  const rows = models.map((model): ModelEvaluation => {
    const greedy = meanEstimate([...answers(model).values()], SEED);
    const none = { sampled: null, otherRules: {}, tasks: {}, dimensions: {}, failed: 0, path: null };
    return { model, questions, greedy, toolCalls: 1, words: 80, ...none };
  });
  const comparison = { model: "sft", against: "base", ...compareModels(answers("sft"), answers("base"), SEED) };
  keepEvaluation(runDir, { models: rows, comparisons: [comparison], leakage: null });
}

/** On rows all over the run. */
function acts(runDir: string, count: number): void {
  const store = new DatabaseSync(join(runDir, "run.db"), { readOnly: true });
  const { most } = store.prepare("SELECT max(position) most FROM trajectories").get() as { most: number };
  const row = store.prepare("SELECT id FROM trajectories WHERE position = ? AND ordinal = 0");
  const deeds = [
    { kind: "mark" },
    { kind: "tag", tag: "by luck" },
    { kind: "verdict", decision: "refuse" },
    { kind: "drop" },
    { kind: "tag", tag: "too long" },
  ];
  lines(join(runDir, "curation", "acts.jsonl"), count, (at) => {
    const position = Math.floor((at * most) / count);
    const signed = { id: `a-${at}`, at: new Date(1.8e12 + 1000 * at).toISOString(), by: "somebody", position };
    return { ...signed, ...deeds[at % deeds.length], on: (row.get(position) as { id: string }).id };
  });
  store.close();
}
