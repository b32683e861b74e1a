/** The rows of a run as trainers get them: split by question, so that rows of one question are never on both sides, and ending with the model. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type JsonObject, PluginError, type StageContext, type TrainJob, type Trajectory } from "@autotraj/core/plugin";
import { endingWithTheModel, rowsIn, writeJsonLines } from "@autotraj/core/rows";

/** Settings that every training on rows has. */
export const ROW_SETTINGS = {
  model: {
    type: "string",
    minLength: 1,
    description: "Model to start from: a folder in Hugging Face's layout, or a name that the trainer knows. Default: what stage sft left.",
  },
  heldOut: {
    type: "number",
    minimum: 0,
    exclusiveMaximum: 1,
    description: "Share of the questions whose rows are held out, for the trainer's own evaluation.",
  },
} as const;

export interface SplitRows {
  readonly rows: { readonly train: number; readonly heldOut: number };
  /** Writes both sides into the job's folder. */
  readonly write: () => Promise<TrainJob["data"]>;
}

export interface Splitting {
  /** A file of rows with a `query`, or such rows: the same ones whenever they are asked for. */
  readonly source: string | (() => Iterable<JsonObject>);
  /** What a row is, for people. */
  readonly what: string;
  /** Share of questions. */
  readonly heldOut: number;
  /** Which rows are taken. Default: all. */
  readonly takes?: (row: JsonObject) => boolean;
  /** What to do where there is nothing to train on. */
  readonly hint?: () => string;
}

const SEE_STATS = "See `autotraj stats`: why is nothing kept or repaired?";

/** Reads all rows once and keeps none. @throws PluginError where there is nothing to train on */
export function splitRows(
  context: Pick<StageContext, "dir" | "random">,
  { source, what, heldOut, takes = () => true, hint = () => SEE_STATS }: Splitting,
): SplitRows {
  if (typeof source === "string" && !existsSync(source)) throw new PluginError("NO_ROWS", `${source} is not there.`, { hint: "Run the loop first." });
  const rows = { train: 0, heldOut: 0 };
  /** On which side a row belongs; undefined where it is left out. */
  const sideOf = (row: JsonObject): keyof typeof rows | undefined => {
    if (!takes(row)) return undefined;
    const { id } = row["query"] as { readonly id: string };
    return context.random("held out", id) < heldOut ? "heldOut" : "train";
  };
  const all = typeof source === "string" ? () => rowsIn(source) : source;
  for (const row of all()) {
    const side = sideOf(row);
    if (side !== undefined) rows[side]++;
  }
  if (rows.train === 0) throw new PluginError("NO_ROWS", `the run has no ${what} to train on.`, { hint: hint() });
  return {
    rows,
    async write() {
      const files = { train: join(context.dir, "data", "train.jsonl"), heldOut: join(context.dir, "data", "held-out.jsonl") };
      for (const side of ["train", "heldOut"] as const) {
        await writeJsonLines(files[side], function* () {
          for (const row of all()) if (sideOf(row) === side) yield teachable(row);
        });
      }
      return files;
    },
  };
}

/** A row whose trajectories end with the model. */
function teachable(read: JsonObject): object {
  const row = read as unknown as Partial<Record<"chosen" | "rejected", Trajectory>> & Trajectory;
  if (row.chosen === undefined || row.rejected === undefined) return endingWithTheModel(row);
  return { ...row, chosen: endingWithTheModel(row.chosen), rejected: endingWithTheModel(row.rejected) };
}
