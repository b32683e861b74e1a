/** The kernel's rows, as a trainer reads them before it writes its own. */
import { type DialectName, type JsonObject, PluginError, type PreferencePair, type SftRow, type TrainJob } from "@autotraj/core/plugin";
import { rowsIn, trajectoryOf } from "@autotraj/core/rows";

/** Pairs as the kernel writes them: trajectories without measurements. */
interface PairRow {
  readonly query: PreferencePair["query"];
  readonly chosen: SftRow;
  readonly rejected: SftRow;
}

/** The pair that a row of preferences holds. */
export function pairOf(row: JsonObject): PreferencePair {
  const { query, chosen, rejected } = row as unknown as PairRow;
  return { query, chosen: trajectoryOf(chosen), rejected: trajectoryOf(rejected) };
}

/** How the first row is written; a data set is trained on in one dialect. @throws PluginError TRAIN_DATA where there is none */
export function dialectOf(file: string, part: "trajectory" | "pair" | "task"): DialectName {
  for (const row of rowsIn(file)) return ((part === "pair" ? row["chosen"] : row) as { dialect: DialectName }).dialect;
  throw new PluginError("TRAIN_DATA", `${file} is empty.`, { hint: "See `autotraj stats`: what did the run keep?" });
}

/** The run's preference pairs, for methods of stage `rl` that learn from them. @throws PluginError TRAIN_DATA where it has none */
export function preferencesOf({ data: { pairs } }: TrainJob): string {
  if (pairs !== undefined) return pairs;
  throw new PluginError("TRAIN_DATA", "method dpo learns from preference pairs, and the run has none.", {
    hint: "See `autotraj stats`: was anything repaired? Or name a file in stages.rl.pairs.",
  });
}
