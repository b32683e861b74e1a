/** Lets the trained reward model judge the pairs it was not trained on, beside rules that know nothing. */

import { nonBlankLines } from "../../data/lines.ts";
import { messageOf } from "../../kernel/errors.ts";
import type { RewardModel, TrainJob } from "../../kernel/plugin.ts";
import { interrupted, orInterrupted } from "../../kernel/stop.ts";
import { evaluatePairs, type PairRow } from "../evaluation/pairs.ts";
import type { RewardModelReport } from "../evaluation/report.ts";
import type { StagesContext } from "./context.ts";
import { rewardModelPlugin } from "./rewards.ts";

const NO_USAGE = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };
const PAIRS_AT_A_TIME = 16;

/** Undefined, with an incident, where the pairs could not be judged: what was trained is there all the same. @throws ATRAJ_INTERRUPTED */
export async function pairReport(
  modelPath: string,
  files: Pick<TrainJob["data"], "train" | "heldOut">,
  { session, stop, onIncident }: StagesContext,
): Promise<RewardModelReport | undefined> {
  const model = rewardModelPlugin(session);
  if (model === undefined) {
    onIncident(
      "reward-model",
      "the preset has no reward-model plugin that could score the held-out pairs; only the trainer's own figures are known.",
    );
    return undefined;
  }
  try {
    const [train, heldOut] = [await pairsIn(files.train), await pairsIn(files.heldOut)];
    await orInterrupted(model.load(modelPath), stop.signal);
    return evaluatePairs(await scorePairs(model, heldOut, stop.signal), train, session.settings.run.seed);
  } catch (error) {
    if (stop.stopping) throw interrupted();
    onIncident("reward-model", `it is trained, but could not judge the held-out pairs (\`autotraj resume\` tries again): ${messageOf(error)}`);
    return undefined;
  }
}

async function pairsIn(file: string): Promise<readonly PairRow[]> {
  const pairs: PairRow[] = [];
  for await (const { text } of nonBlankLines(file)) pairs.push(JSON.parse(text) as PairRow);
  return pairs;
}

async function scorePairs(model: RewardModel, pairs: readonly PairRow[], signal: AbortSignal) {
  const scores: (readonly [number | undefined, number | undefined])[] = [];
  for (let from = 0; from < pairs.length; from += PAIRS_AT_A_TIME) {
    const batch = pairs.slice(from, from + PAIRS_AT_A_TIME);
    const trajectories = batch
      .flatMap(({ chosen, rejected }) => [chosen, rejected])
      .map(({ answer, scores: _scores, verdict: _verdict, ...row }) => ({
        ...row,
        ...(answer === null ? {} : { answer }),
        usage: NO_USAGE,
      }));
    const values = await model.score(trajectories, { signal });
    scores.push(...batch.map((_pair, index) => [values[2 * index], values[2 * index + 1]] as const));
  }
  return pairs.map((pair, index) => ({ ...pair, chosenScore: scores[index]?.[0], rejectedScore: scores[index]?.[1] }));
}
