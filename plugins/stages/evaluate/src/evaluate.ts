/** Every model on the same questions: answered, scored, kept, compared. */
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import {
  allFinished,
  PluginError,
  type Policy,
  type Query,
  type RewardModel,
  type Rollout,
  type RolloutRequest,
  type StageContext,
  type Trajectory,
} from "@autotraj/core/plugin";
import {
  comparable,
  type EvaluationSummary,
  evaluationDir,
  keepEvaluation,
  type ModelComparison,
  type ModelEvaluation,
} from "@autotraj/core/reports";
import { trajectoryRow, writeJsonLines } from "@autotraj/core/rows";
import { type ComparedAnswers, compareModels } from "@autotraj/statistics/intervals";
import type { Contestant } from "./contestants.ts";
import { type Answered, figuresOf, rightness } from "./figures.ts";
import { findLeakage } from "./leakage.ts";

export interface Evaluation {
  readonly context: StageContext;
  /** The held-out questions, read anew at each call. */
  readonly questions: () => AsyncIterable<Query>;
  /** Sampled trajectories per question, besides the greedy one. */
  readonly samples: number;
  readonly temperature: number;
  /** For best-of-n. */
  readonly rewardModel: RewardModel | undefined;
  /** Words of what was written after the question. */
  readonly words: (trajectory: Trajectory) => number;
}

const QUESTIONS_AT_A_TIME = 64;

export async function evaluateModels(contestants: readonly Contestant[], evaluation: Evaluation): Promise<EvaluationSummary> {
  const { context, questions } = evaluation;
  // Before the first answer is paid for.
  checkNames(contestants);
  const [unloadable] = contestants.filter(({ path }) => path !== null);
  if (unloadable?.path != null && context.policy().policy.withModel === undefined) await context.policyWith(unloadable.path);
  const models: ModelEvaluation[] = [];
  const right = new Map<string, ComparedAnswers>();
  for (const contestant of contestants) {
    const one = await evaluateModel(contestant, evaluation);
    models.push(one.evaluation);
    right.set(contestant.model, one.right);
  }
  const leakage = await findLeakage(questions(), trained(context));
  const summary: EvaluationSummary = { models, comparisons: comparisonsOf(contestants, right, context.seed), leakage };
  keepEvaluation(context.runDir, summary);
  return summary;
}

async function* trained(context: StageContext): AsyncGenerator<Query> {
  for await (const { query } of context.questions()) yield query;
}

/** Each model's answers are kept in a file of its name. */
function checkNames(contestants: readonly Contestant[]): void {
  const taken = new Set<string>();
  for (const { model } of contestants) {
    // Not every file system tells capitals from small letters.
    const key = model.toLowerCase();
    if (taken.has(key))
      throw new PluginError("SAME_NAME", `two models are called "${model}".`, {
        hint: "A model is called by its folder's name: give the folder another one, or name it by a link.",
      });
    taken.add(key);
  }
}

async function evaluateModel(contestant: Contestant, evaluation: Evaluation): Promise<{ evaluation: ModelEvaluation; right: ComparedAnswers }> {
  const { context } = evaluation;
  const { id, policy: own } = context.policy();
  const loaded = contestant.path === null ? undefined : await context.policyWith(contestant.path);
  const policy = loaded?.policy ?? own;
  try {
    const answered = await answerAll(contestant, context.rollouts(policy), id, evaluation);
    await keepRows(contestant.model, answered, context.runDir);
    const judged = answered.filter(({ greedy }) => greedy.trajectory.finish !== "failed");
    const { seed, dimensions, signal } = context;
    return {
      evaluation: { ...standingOf(contestant, policy, context), ...(await figuresOf(answered, judged, { ...evaluation, seed, dimensions, signal })) },
      right: new Map(judged.map((one) => [one.query.id, rightness(one.greedy)])),
    };
  } finally {
    await loaded?.dispose();
  }
}

/** Which model it is, and what it was made from. */
function standingOf(
  { model, path, artifact, outOfDate }: Contestant,
  policy: Policy,
  { runDir, identityOf }: StageContext,
): Pick<ModelEvaluation, "model" | "path" | "identity" | "precision" | "madeFrom" | "outOfDate"> {
  const source = artifact && { kind: "stage" as const, path: relative(evaluationDir(runDir), artifact.dir), hash: artifact.key };
  return {
    model,
    path,
    identity: identityOf(policy),
    ...(policy.precision === undefined ? {} : { precision: policy.precision }),
    ...(source === undefined ? {} : { madeFrom: [source] }),
    ...(outOfDate === undefined ? {} : { outOfDate }),
  };
}

async function answerAll({ model, examples }: Contestant, rollout: Rollout, policy: string, evaluation: Evaluation): Promise<readonly Answered[]> {
  const answered: Answered[] = [];
  let window: Promise<Answered | undefined>[] = [];
  const settle = async () => {
    answered.push(...(await allFinished(window)).filter((one) => one !== undefined));
    window = [];
  };
  let done = 0;
  const counted = async (work: Promise<Answered | undefined>) => {
    const one = await work;
    evaluation.context.progress(model, ++done);
    return one;
  };
  for await (const query of evaluation.questions()) {
    window.push(counted(answer(query, examples, rollout, policy, evaluation)));
    if (window.length >= QUESTIONS_AT_A_TIME) await settle();
  }
  await settle();
  return answered;
}

async function answer(query: Query, examples: boolean, rollout: Rollout, policy: string, evaluation: Evaluation): Promise<Answered | undefined> {
  const { context, samples: wanted, temperature } = evaluation;
  const asked = await context.ask(query);
  if ("drop" in asked) return undefined;
  const request: RolloutRequest = examples ? asked : { ...asked, examples: [] };
  const write = (key: string, at: number) =>
    rollout.write(request, { policy, key, sampling: { temperature: at }, provenance: { origin: "rollout" }, signal: context.signal });
  const [greedy, ...samples] = await allFinished([
    write("evaluate greedy", 0),
    ...Array.from({ length: wanted }, (_, sample) => write(`evaluate sample ${sample}`, temperature)),
  ]);
  if (greedy === undefined) return undefined;
  const [scored] = await context.score(query, [greedy]);
  if (scored === undefined) return undefined;
  return { query, greedy: scored, samples: samples.length === 0 ? [] : await context.score(query, samples) };
}

async function keepRows(model: string, answered: readonly Answered[], runDir: string): Promise<void> {
  mkdirSync(evaluationDir(runDir), { recursive: true });
  await writeJsonLines(join(evaluationDir(runDir), `${model}.jsonl`), function* () {
    for (const { query, greedy, samples } of answered) yield { id: query.id, greedy: trajectoryRow(greedy), samples: samples.map(trajectoryRow) };
  });
}

function comparisonsOf(contestants: readonly Contestant[], right: ReadonlyMap<string, ComparedAnswers>, seed: number): readonly ModelComparison[] {
  const pairs = contestants.flatMap(({ model, against }) => against.map((other) => ({ model, against: other })));
  return comparable(contestants, pairs).flatMap((pair) => {
    const [a, b] = [right.get(pair.model), right.get(pair.against)];
    return a === undefined || b === undefined ? [] : [{ ...pair, ...compareModels(a, b, seed) }];
  });
}
