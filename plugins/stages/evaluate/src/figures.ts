/** What one model's answers come to. */
import { isRight, type Query, type RewardModel, type ScoredTrajectory, type Scores, type Trajectory } from "@autotraj/core/plugin";
import type { Estimate, ModelEvaluation } from "@autotraj/core/reports";
import { majorityIndex, meanEstimate } from "@autotraj/statistics/intervals";
import { ksUpTo, passAtK } from "@autotraj/statistics/pass-at-k";

/** One question answered by one model. */
export interface Answered {
  readonly query: Query;
  readonly greedy: ScoredTrajectory;
  readonly samples: readonly ScoredTrajectory[];
}

export interface Reckoning {
  readonly seed: number;
  readonly samples: number;
  readonly temperature: number;
  readonly dimensions: readonly string[];
  readonly words: (trajectory: Trajectory) => number;
  readonly rewardModel: RewardModel | undefined;
  readonly signal: AbortSignal;
}

const CORRECTNESS = "correctness";

/** @param judged those of the answered whose greedy trajectory could be had */
export async function figuresOf(
  answered: readonly Answered[],
  judged: readonly Answered[],
  { seed, samples, temperature, dimensions: names, words, rewardModel, signal }: Reckoning,
): Promise<Omit<ModelEvaluation, "model" | "path">> {
  const greedy = judged.map((one) => rightness(one.greedy));
  const sets = samples === 0 ? [] : judged.filter((one) => one.samples.length > 0);
  const best = rewardModel === undefined ? null : await bestOf(sets, rewardModel, signal);
  const otherRules = Object.keys(judged[0]?.greedy.scores ?? {}).filter((name) => name.startsWith(CORRECTNESS) && name !== CORRECTNESS);
  const mean = (values: readonly number[]) => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);
  const dimensions = names.flatMap((name): [string, number][] => {
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
            samples,
            temperature,
            average: meanEstimate(
              sets.map((one) => mean(one.samples.map((sample) => rightness(sample))) ?? 0),
              seed,
            ),
            pass: meanEstimate(
              sets.map((one) => Math.max(...one.samples.map((sample) => rightness(sample)))),
              seed,
            ),
            passAt: passes(sets, samples, seed),
            majority: meanEstimate(
              sets.map((one) => majorityRightness(one.samples)),
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
    words: mean(judged.map(({ greedy: { trajectory } }) => words(trajectory))),
    dimensions: Object.fromEntries(dimensions),
  };
}

/** 1 where the answer is right. No answer, or one that could not be judged, is not right. */
export function rightness({ scores }: ScoredTrajectory, dimension = CORRECTNESS): number {
  return isRight(scores[dimension]) === true ? 1 : 0;
}

/** Over the questions that have so many samples; the interval is over questions. */
function passes(sets: readonly Answered[], samples: number, seed: number): Readonly<Record<string, Estimate>> {
  const judged = sets.map((one) => one.samples.map((sample) => rightness(sample)));
  const right = judged.map((set) => ({ n: set.length, right: set.reduce((sum, one) => sum + one, 0) }));
  const at = (k: number) =>
    meanEstimate(
      right.filter(({ n }) => n >= k).map((set) => passAtK(set.n, set.right, k)),
      seed,
    );
  return Object.fromEntries(ksUpTo(samples).map((k) => [k, at(k)]));
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
