/** Lets the trained reward model judge the pairs it was not trained on, beside rules that know nothing. */
import type { RewardModel, StageContext, TrainJob } from "@autotraj/core/plugin";
import type { RewardModelReport } from "@autotraj/core/reports";
import { rowsIn, trajectoryOf, writeJsonLines } from "@autotraj/core/rows";
import type { Judges } from "./judges.ts";
import { type PairRow, pairRowOf, type ScoredPair } from "./pair-row.ts";
import { evaluatePairs } from "./pairs.ts";

const PAIRS_AT_A_TIME = 16;

export interface Trained {
  readonly modelPath: string;
  /** What the untrained model makes of the held-out pairs, in order. */
  readonly untrainedMargins?: readonly number[] | undefined;
}

export interface PairFiles extends Pick<TrainJob["data"], "train" | "heldOut"> {
  /** Where it is written what became of each held-out pair, in their order. */
  readonly judged: string;
}

/** Undefined, with an incident, where the pairs could not be judged: what was trained is there all the same. @throws ATRAJ_INTERRUPTED */
export async function pairReport(
  { modelPath, untrainedMargins }: Trained,
  files: PairFiles,
  judges: Judges,
  { log, signal, seed, orStopped }: StageContext,
): Promise<RewardModelReport | undefined> {
  const model = judges.model();
  if (model === undefined) {
    log.warn("the preset has no reward-model plugin that could score the held-out pairs; only the trainer's own figures are known.");
    return undefined;
  }
  try {
    const [train, heldOut] = [pairsIn(files.train), pairsIn(files.heldOut)];
    await orStopped(model.load(modelPath));
    const scored = await orStopped(scorePairs(model, heldOut, signal));
    const known =
      untrainedMargins?.length === scored.length ? scored.map((pair, at) => ({ ...pair, untrainedMargin: untrainedMargins[at] })) : scored;
    const { report, judgements } = evaluatePairs(known, train, seed, (row) => judges.dialects.text(row));
    await writeJsonLines(files.judged, () => judgements);
    return report;
  } catch (error) {
    if (signal.aborted) throw error;
    log.warn(`it is trained, but could not judge the held-out pairs (\`autotraj resume\` tries again): ${(error as Error).message}`);
    return undefined;
  }
}

function pairsIn(file: string): readonly PairRow[] {
  return [...rowsIn(file)].map(pairRowOf);
}

async function scorePairs(model: RewardModel, pairs: readonly PairRow[], signal: AbortSignal): Promise<readonly ScoredPair[]> {
  const scores: (readonly [number | undefined, number | undefined])[] = [];
  for (let from = 0; from < pairs.length; from += PAIRS_AT_A_TIME) {
    const batch = pairs.slice(from, from + PAIRS_AT_A_TIME);
    const trajectories = batch.flatMap(({ chosen, rejected }) => [trajectoryOf(chosen), trajectoryOf(rejected)]);
    const values = await model.score(trajectories, { signal });
    scores.push(...batch.map((_pair, index) => [values[2 * index], values[2 * index + 1]] as const));
  }
  return pairs.map((pair, index) => ({ ...pair, chosenScore: scores[index]?.[0], rejectedScore: scores[index]?.[1] }));
}
