/** Every model of a run on the same held-out questions, sampled by one policy, scored by the preset's own scorers. */
import { mkdirSync } from "node:fs";
import { join, relative } from "node:path";
import { dialects } from "../../data/dialects/index.ts";
import { AutoTrajError } from "../../kernel/errors.ts";
import type { Health } from "../../kernel/health.ts";
import { checkName } from "../../kernel/names.ts";
import {
  isRight,
  type LoadedPolicy,
  type Policy,
  type Query,
  type RewardModel,
  type Rollout,
  type RolloutRequest,
  type ScoredTrajectory,
  type Scores,
} from "../../kernel/plugin.ts";
import { orInterrupted } from "../../kernel/stop.ts";
import { contentHash } from "../../kernel/trajectory/identity.ts";
import type { Calls } from "../calls.ts";
import { trajectoryRow, writeJsonLines } from "../datasets.ts";
import { allSettled } from "../loop.ts";
import { createRollout } from "../rollout.ts";
import { Semaphore } from "../semaphore.ts";
import type { Session } from "../session.ts";
import type { Contestant } from "./contestants.ts";
import { comparable, evaluationDir, keepEvaluation } from "./kept.ts";
import { findLeakage } from "./leakage.ts";
import type { EvaluationSummary, ModelComparison, ModelEvaluation } from "./report.ts";
import type { EvaluateSettings } from "./settings.ts";
import { type ComparedAnswers, compareModels, majorityIndex, meanEstimate } from "./statistics.ts";

export interface EvaluateContext {
  readonly session: Session;
  readonly calls: Calls;
  readonly runDir: string;
  readonly settings: EvaluateSettings;
  readonly questions: () => AsyncIterable<Query>;
  /** Questions that were trained on, for the leakage check. */
  readonly trained: () => AsyncIterable<Query>;
  readonly rewardModel: RewardModel | undefined;
  readonly health: Health;
  readonly signal: AbortSignal;
  readonly onQuestion: (model: string, done: number) => void;
}

/** One question answered by one model. */
interface Answered {
  readonly query: Query;
  readonly greedy: ScoredTrajectory;
  readonly samples: readonly ScoredTrajectory[];
}

const QUESTIONS_AT_A_TIME = 64;
const CORRECTNESS = "correctness";

export async function evaluateModels(contestants: readonly Contestant[], context: EvaluateContext): Promise<EvaluationSummary> {
  // Before the first answer is paid for.
  checkNames(contestants);
  const unloadable = contestants.find(({ path }) => path !== null && context.session.policy(policyId(context.session)).withModel === undefined);
  if (unloadable !== undefined) throw cannotLoad(policyId(context.session), unloadable.path ?? "");
  const models: ModelEvaluation[] = [];
  const rightById = new Map<string, ComparedAnswers>();
  for (const contestant of contestants) {
    const { evaluation, right } = await evaluateModel(contestant, context);
    models.push(evaluation);
    rightById.set(contestant.model, right);
  }
  const { seed } = context.session.settings.run;
  const summary: EvaluationSummary = {
    models,
    comparisons: comparisonsOf(contestants, rightById, seed),
    leakage: await findLeakage(limited(context.questions(), context.settings.limit), context.trained()),
  };
  keepEvaluation(context.runDir, summary);
  return summary;
}

/** What a policy is known by in evaluations: its weights, template and settings, as far as its plugin tells. */
export function identityOf({ model, identity }: Policy): string {
  return contentHash(model, identity).slice(0, 16);
}

/** Each model's answers are kept in a file of its name. @throws ATRAJ_STAGE_INPUT */
function checkNames(contestants: readonly Contestant[]): void {
  const taken = new Set<string>();
  for (const { model, path } of contestants) {
    const hint = "A model is called by its folder's name: give the folder another one, or name it by a link.";
    checkName(model, { code: "ATRAJ_STAGE_INPUT", who: "evaluate", what: `the model ${path ?? ""} cannot be kept apart: its name`, hint });
    // Not every file system tells capitals from small letters.
    const key = model.toLowerCase();
    if (taken.has(key)) throw new AutoTrajError("ATRAJ_STAGE_INPUT", { who: "evaluate", what: `two models are called "${model}".`, hint });
    taken.add(key);
  }
}

async function evaluateModel(contestant: Contestant, context: EvaluateContext): Promise<{ evaluation: ModelEvaluation; right: ComparedAnswers }> {
  const { session } = context;
  const id = policyId(session);
  const own = session.policy(id);
  const loaded = contestant.path === null ? undefined : await loadWeights(own, id, contestant.path, context.signal);
  const policy: Policy = loaded ?? own;
  const rollout = createRollout({
    policy: () => policy,
    tool: (tool) => session.tool(tool),
    calls: context.calls,
    seed: session.settings.run.seed,
    slots: new Semaphore(session.settings.rollout.inFlight),
    health: context.health,
  });
  try {
    const answered = await answerAll(contestant, rollout, id, context);
    await keepRows(contestant.model, answered, context.runDir);
    const judged = answered.filter(({ greedy }) => greedy.trajectory.finish !== "failed");
    return {
      evaluation: { ...standingOf(contestant, policy, context), ...(await figuresOf(answered, judged, context)) },
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
  { runDir }: EvaluateContext,
): Pick<ModelEvaluation, "model" | "path" | "identity" | "madeFrom" | "outOfDate"> {
  const source = artifact && { kind: "stage" as const, path: relative(evaluationDir(runDir), artifact.dir), hash: artifact.key };
  return {
    model,
    path,
    identity: identityOf(policy),
    ...(source === undefined ? {} : { madeFrom: [source] }),
    ...(outOfDate === undefined ? {} : { outOfDate }),
  };
}

function policyId(session: Session): string {
  const id = session.settings.rollout.policy;
  if (id !== undefined) return id;
  throw new AutoTrajError("ATRAJ_STAGE_INPUT", { who: "evaluate", what: "the preset names no policy.", hint: "Set rollout.policy." });
}

/** @throws ATRAJ_STAGE_INPUT where the policy cannot load weights; ATRAJ_INTERRUPTED as soon as the run is stopped at once */
export async function loadWeights(policy: Policy, id: string, path: string, signal: AbortSignal): Promise<LoadedPolicy> {
  if (policy.withModel === undefined) throw cannotLoad(id, path);
  const loading = policy.withModel(path);
  try {
    return await orInterrupted(loading, signal);
  } catch (error) {
    // Weights that come when nobody waits for them any longer.
    void loading.then(
      (late) => late.dispose(),
      () => {},
    );
    throw error;
  }
}

function cannotLoad(policy: string, path: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_STAGE_INPUT", {
    who: "evaluate",
    what: `the policy "${policy}" cannot load other weights, so ${path} cannot be sampled with it.`,
    hint: "Tell @autotraj/policy-openai how to serve it (its option serve), evaluate it with a preset whose policy points to a server of it, or use @autotraj/policy-local.",
  });
}

async function answerAll({ model, examples }: Contestant, rollout: Rollout, policy: string, context: EvaluateContext): Promise<readonly Answered[]> {
  const answered: Answered[] = [];
  let window: Promise<Answered | undefined>[] = [];
  const settle = async () => {
    // Nothing is left running when one of them throws: its calls are paid for and stored.
    const outcomes = await Promise.allSettled(window);
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure !== undefined) throw failure.reason;
    for (const outcome of outcomes) if (outcome.status === "fulfilled" && outcome.value !== undefined) answered.push(outcome.value);
    window = [];
  };
  let done = 0;
  const counted = async (work: Promise<Answered | undefined>) => {
    const one = await work;
    context.onQuestion(model, ++done);
    return one;
  };
  for await (const query of limited(context.questions(), context.settings.limit)) {
    window.push(counted(answer(query, examples, rollout, policy, context)));
    if (window.length >= QUESTIONS_AT_A_TIME) await settle();
  }
  await settle();
  return answered;
}

async function answer(query: Query, examples: boolean, rollout: Rollout, policy: string, context: EvaluateContext): Promise<Answered | undefined> {
  const { session, settings } = context;
  const state = await session.lifecycle.beforeRollout(session.rolloutRequest(query));
  if (state.drop !== undefined) return undefined;
  const request: RolloutRequest = examples ? state.request : { ...state.request, examples: [] };
  const write = (key: string, temperature: number) =>
    rollout.write(request, { policy, key, sampling: { temperature }, provenance: { origin: "rollout" }, signal: context.signal });
  const [greedy, ...samples] = await allSettled([
    write("evaluate greedy", 0),
    ...Array.from({ length: settings.samples }, (_, sample) => write(`evaluate sample ${sample}`, settings.temperature)),
  ]);
  if (greedy === undefined) return undefined;
  const [scored] = await session.lifecycle.score(query, [greedy]);
  if (scored === undefined) return undefined;
  return { query, greedy: scored, samples: samples.length === 0 ? [] : await session.lifecycle.score(query, samples) };
}

async function keepRows(model: string, answered: readonly Answered[], runDir: string): Promise<void> {
  mkdirSync(evaluationDir(runDir), { recursive: true });
  await writeJsonLines(join(evaluationDir(runDir), `${model}.jsonl`), function* () {
    for (const { query, greedy, samples } of answered) yield { id: query.id, greedy: trajectoryRow(greedy), samples: samples.map(trajectoryRow) };
  });
}

async function figuresOf(
  answered: readonly Answered[],
  judged: readonly Answered[],
  { settings, session, rewardModel, signal }: EvaluateContext,
): Promise<Omit<ModelEvaluation, "model" | "path">> {
  const { seed } = session.settings.run;
  const greedy = judged.map((one) => rightness(one.greedy));
  const sets = settings.samples === 0 ? [] : judged.filter(({ samples }) => samples.length > 0);
  const best = rewardModel === undefined ? null : await bestOf(sets, rewardModel, signal);
  const otherRules = Object.keys(judged[0]?.greedy.scores ?? {}).filter((name) => name.startsWith(CORRECTNESS) && name !== CORRECTNESS);
  const mean = (values: readonly number[]) => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);
  const dimensions = [...session.lifecycle.scorePlan.dimensions.keys()].flatMap((name): [string, number][] => {
    const value = mean(judged.flatMap((one) => scoreValue(one.greedy.scores, name) ?? []));
    return value === null ? [] : [[name, value]];
  });
  return {
    questions: judged.length,
    failed: answered.length - judged.length,
    greedy: judged.length === 0 ? null : meanEstimate(greedy, seed),
    sampled:
      sets.length === 0
        ? null
        : {
            samples: settings.samples,
            temperature: settings.temperature,
            average: meanEstimate(
              sets.map(({ samples }) => mean(samples.map((sample) => rightness(sample))) ?? 0),
              seed,
            ),
            pass: meanEstimate(
              sets.map(({ samples }) => Math.max(...samples.map((sample) => rightness(sample)))),
              seed,
            ),
            majority: meanEstimate(
              sets.map(({ samples }) => majorityRightness(samples)),
              seed,
            ),
            best: best === null ? null : meanEstimate(best, seed),
          },
    otherRules: Object.fromEntries(
      otherRules.map((name) => [
        name,
        meanEstimate(
          judged.map((one) => rightness(one.greedy, name)),
          seed,
        ),
      ]),
    ),
    tasks: tasksOf(judged),
    toolCalls: mean(judged.map(({ greedy: { trajectory } }) => trajectory.messages.filter(({ role }) => role === "tool").length)),
    words: mean(judged.map(({ greedy: { trajectory } }) => dialects.text(trajectory).split(/\s+/).filter(Boolean).length)),
    dimensions: Object.fromEntries(dimensions),
  };
}

/** 1 where the answer is right. No answer, or one that could not be judged, is not right. */
function rightness({ scores }: ScoredTrajectory, dimension = CORRECTNESS): number {
  return isRight(scores[dimension]) === true ? 1 : 0;
}

function scoreValue(scores: Scores, name: string): number | undefined {
  const score = scores[name];
  return score !== undefined && "value" in score ? score.value : undefined;
}

function majorityRightness(samples: readonly ScoredTrajectory[]): number {
  const index = majorityIndex(samples.map(({ trajectory }) => trajectory.answer));
  const chosen = index === undefined ? undefined : samples[index];
  return chosen === undefined ? 0 : rightness(chosen);
}

/** Rightness of the sample that the reward model likes best; a question none of whose samples could be scored is left out. */
async function bestOf(sets: readonly Answered[], model: RewardModel, signal: AbortSignal): Promise<number[] | null> {
  const values: number[] = [];
  for (const { samples } of sets) {
    const scores = await model.score(
      samples.map(({ trajectory }) => trajectory),
      { signal },
    );
    const best = samples.reduce<number | undefined>((found, _sample, index) => {
      if (scores[index] === undefined) return found;
      return found === undefined || (scores[index] ?? 0) > (scores[found] ?? 0) ? index : found;
    }, undefined);
    const chosen = best === undefined ? undefined : samples[best];
    if (chosen !== undefined) values.push(rightness(chosen));
  }
  return values.length === 0 ? null : values;
}

function tasksOf(judged: readonly Answered[]): ModelEvaluation["tasks"] {
  const byTask = new Map<string, number[]>();
  for (const { query, greedy } of judged) {
    const task = query.task ?? "";
    byTask.set(task, [...(byTask.get(task) ?? []), rightness(greedy)]);
  }
  return Object.fromEntries(
    [...byTask].map(([task, right]) => [task, { questions: right.length, accuracy: right.reduce((sum, one) => sum + one, 0) / right.length }]),
  );
}

function comparisonsOf(contestants: readonly Contestant[], right: ReadonlyMap<string, ComparedAnswers>, seed: number): readonly ModelComparison[] {
  const pairs = contestants.flatMap(({ model, against }) => against.map((other) => ({ model, against: other })));
  return comparable(contestants, pairs).flatMap((pair) => {
    const [a, b] = [right.get(pair.model), right.get(pair.against)];
    return a === undefined || b === undefined ? [] : [{ ...pair, ...compareModels(a, b, seed) }];
  });
}

async function* limited(queries: AsyncIterable<Query>, most: number): AsyncGenerator<Query> {
  let left = most;
  for await (const query of queries) {
    if (left-- <= 0) return;
    yield query;
  }
}
