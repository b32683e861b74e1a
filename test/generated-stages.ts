/** What stages would have left of a generated run: data sets, trainings of three backends, a judged reward model, an evaluation. By the stages' own functions where these write it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dialects, finish, RunStore } from "@autotraj/core";
import type { ScoredTrajectory, SftRow } from "@autotraj/core/plugin";
import { keepEvaluation, type ModelEvaluation } from "@autotraj/core/reports";
import { rowsIn, trajectoryRow, writeJsonLines } from "@autotraj/core/rows";
import { compareModels } from "@autotraj/statistics/intervals";
import { type Answered, figuresOf, rightness } from "../plugins/stages/evaluate/src/figures.ts";
import { type PairRow, pairRowOf } from "../plugins/stages/reward-model/src/pair-row.ts";
import { evaluatePairs } from "../plugins/stages/reward-model/src/pairs.ts";
import { chance, DIMENSIONS, GENERATED, queryAt, scoresOf, written } from "./generated-run.ts";

/** Held-out questions, and how many of ten each model answers rightly. */
export const EVALUATED = { questions: 150, right: { base: 4, sft: 7, rl: 8 } };
const SAMPLES = 2;
const SEED = 7;
const WORDS = ({ messages }: ScoredTrajectory["trajectory"]) =>
  messages
    .map(({ content }) => content)
    .join(" ")
    .split(/\s+/).length;

/** Of a run that `generateRun` has written. */
export async function generateStages(runDir: string): Promise<void> {
  const store = RunStore.open(runDir, GENERATED);
  try {
    await finish(store, runDir);
    trainings(runDir);
    await rewardModel(runDir);
    await evaluation(runDir);
    await finish(store, runDir);
  } finally {
    store.close();
  }
}

function leave(runDir: string, name: string, files: Readonly<Record<string, readonly object[]>>, artifact: object): void {
  const dir = join(runDir, "models", name);
  for (const [file, lines] of Object.entries(files)) {
    mkdirSync(join(dir, file, ".."), { recursive: true });
    writeFileSync(join(dir, file), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }
  writeFileSync(
    join(dir, "artifact.json"),
    JSON.stringify({ stage: name, key: name, madeFrom: [], seconds: 61.5, rows: { train: 80, heldOut: 20 }, ...artifact }),
  );
}

const steps = (count: number, of: (step: number) => object) => Array.from({ length: count }, (_, at) => of(at + 1));

/** As `autotraj_training` (TRL), verl's file logger and LLaMA-Factory write their steps. */
function trainings(runDir: string): void {
  const falling = (step: number) => 2 / (1 + step / 20) + chance(step, 90) / 10;
  const sft = (step: number) => ({
    ...{ step, total: 120 },
    metrics: {
      loss: falling(step),
      grad_norm: 1 + chance(step, 91),
      learning_rate: 1e-4 * (1 - step / 120),
      epoch: step / 60,
      tokensPerSecond: 410.5,
      lossTokens: 900,
    },
  });
  leave(
    runDir,
    "sft",
    { "progress.jsonl": steps(120, sft) },
    { trainer: "@autotraj/trainer-trl", metrics: { steps: 120, trainLoss: 0.5, heldOutLoss: 0.6 } },
  );
  const rl = (step: number) => ({
    ...{ step, total: 100 },
    metrics: {
      ...{ loss: 0.01 * chance(step, 92), reward: step / 100, reward_std: 0.2, "terms/outcome": step / 90, "terms/trajectory": 0.3 - step / 1000 },
      ...{
        "completions/mean_length": 200 - step,
        toolCalls: 1 + chance(step, 93),
        kl: step / 5000,
        entropy: 0.4,
        invalid: 0,
        groupsWithoutVariance: 0.25,
      },
      ...{ learning_rate: 1e-6, num_tokens: step * 1000, "clip_ratio/region_mean": 0.001 },
    },
  });
  // Killed behind step 60, gone on with from the checkpoint of step 51; what was cut off stays half a line.
  const again = [...steps(60, rl), ...steps(100, rl).slice(50)];
  leave(runDir, "rl", { "progress.jsonl": again }, { trainer: "@autotraj/trainer-trl", metrics: { steps: 100, groups: 400 } });
  writeFileSync(join(runDir, "models", "rl", "progress.jsonl"), '{"step": 10', { flag: "a" });
  const verl = (step: number) => ({
    step,
    data: { "actor/pg_loss": 0.02, "critic/rewards/mean": step / 80, "actor/kl_loss": step / 9000, "response_length/mean": 180 },
  });
  leave(
    runDir,
    "rl-verl",
    { "progress-1.jsonl": steps(30, verl), "progress-2.jsonl": steps(50, verl).slice(25) },
    { stage: "rl", trainer: "@autotraj/trainer-verl", metrics: { steps: 50 } },
  );
  const factory = (step: number) => ({
    current_steps: step,
    total_steps: 40,
    loss: falling(step),
    lr: 1e-5,
    epoch: step / 40,
    percentage: step * 2.5,
    elapsed_time: "0:00:01",
    remaining_time: "0:01:00",
  });
  leave(
    runDir,
    "sft-factory",
    { "output/trainer_log.jsonl": steps(40, factory) },
    { stage: "sft", trainer: "@autotraj/trainer-llamafactory", metrics: {} },
  );
}

/** A third of the pairs, and an edit of every tenth of these, held out: their scores are right in most. */
async function rewardModel(runDir: string): Promise<void> {
  const dir = join(runDir, "models", "reward-model");
  const all = (name: string, kind: "repair" | "sibling") =>
    [...rowsIn(join(runDir, "datasets", `${name}.jsonl`))].map((row): PairRow => ({ ...pairRowOf(row), kind }));
  const pairs = [...all("preferences", "repair"), ...all("siblings", "sibling")];
  const [heldOut, train] = [pairs.filter((_, at) => at % 3 === 0), pairs.filter((_, at) => at % 3 !== 0)];
  heldOut.push(
    ...heldOut
      .filter((_, at) => at % 10 === 0)
      .map(({ query, chosen }): PairRow => ({ query, chosen, rejected: edited(chosen), kind: "edit", edit: "flipped-sign" })),
  );
  const scored = heldOut.map((pair, at) => ({
    ...pair,
    chosenScore: at % 17 === 5 ? undefined : chance(at, 95) * 4 - 1,
    rejectedScore: chance(at, 96) * 3 - 1.5,
    untrainedMargin: chance(at, 97) - 0.5,
  }));
  const { report, judgements } = evaluatePairs(scored, train, SEED, (row) => dialects.text(row));
  const progress = steps(30, (step) => ({
    step,
    total: 30,
    metrics: { loss: 0.7 - step / 60, accuracy: 0.5 + step / 80, margin: step / 10, learning_rate: 1e-5 },
  }));
  const metrics = { steps: 30, heldOutAccuracy: 0.8 };
  const counts = { repair: { pairs: pairs.length, leftOut: { "only one side keeps the format": 3 } } };
  const about = {
    trainer: "@autotraj/trainer-trl",
    metrics,
    pairs: counts,
    report: { ...report, sources: counts },
    rows: { train: train.length, heldOut: heldOut.length },
  };
  leave(runDir, "reward-model", { "progress.jsonl": progress, "data/held-out.jsonl": heldOut }, about);
  await writeJsonLines(join(dir, "held-out-judged.jsonl"), () => judgements);
}

function edited(chosen: SftRow): SftRow {
  const { id, provenance, ...row } = chosen;
  return {
    ...row,
    id: `${id}-flipped-sign`,
    answer: `-${row.answer}`,
    scores: {},
    verdict: null,
    provenance: { ...provenance, parent: id, notes: { edit: "flipped-sign" } },
  };
}

/** Other questions than the run's own. */
const FIRST_HELD_OUT = 1_000_000;

async function evaluation(runDir: string): Promise<void> {
  const about = {
    seed: SEED,
    samples: SAMPLES,
    temperature: 0.7,
    dimensions: DIMENSIONS,
    words: WORDS,
    rewardModel: undefined,
    signal: new AbortController().signal,
  };
  mkdirSync(join(runDir, "evaluation"), { recursive: true });
  const models: ModelEvaluation[] = [];
  const right = new Map<string, ReadonlyMap<string, number>>();
  for (const [model, ofTen] of Object.entries(EVALUATED.right)) {
    const answered = Array.from({ length: EVALUATED.questions }, (_, at) => answeredBy(model, ofTen, at));
    await writeJsonLines(join(runDir, "evaluation", `${model}.jsonl`), function* () {
      for (const { query, greedy, samples } of answered) yield { id: query.id, greedy: trajectoryRow(greedy), samples: samples.map(trajectoryRow) };
    });
    models.push({ model, path: model === "base" ? null : join(runDir, "models", model), ...(await figuresOf(answered, answered, about)) });
    right.set(model, new Map(answered.map(({ query, greedy }) => [query.id, rightness(greedy)])));
  }
  const compared = [["sft", "base"], ["rl", "base"], ["rl", "sft"]] as const; // biome-ignore format: one list
  const comparisons = compared.map(([model, against]) => ({
    model,
    against,
    ...compareModels(right.get(model) ?? new Map(), right.get(against) ?? new Map(), SEED),
  }));
  keepEvaluation(runDir, { models, comparisons, leakage: { evaluated: EVALUATED.questions, sameText: [], overlapping: [] } });
}

function answeredBy(model: string, ofTen: number, at: number): Answered {
  const query = queryAt(FIRST_HELD_OUT + at, "");
  const answer = (sample: number): ScoredTrajectory => {
    const isRight = chance(at, 100 + sample + model.length) * 10 < ofTen;
    const trajectory = written(query, {
      right: isRight,
      broken: false,
      provenance: { origin: "rollout", policy: "student", model, candidate: sample },
    });
    return { trajectory, scores: scoresOf(trajectory, at, isRight) };
  };
  const [greedy, ...samples] = Array.from({ length: 1 + SAMPLES }, (_, sample) => answer(sample)) as [ScoredTrajectory, ...ScoredTrajectory[]];
  return { query, greedy, samples };
}
