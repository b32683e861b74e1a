/** The rows of a run as trainers get them: split by question, so that rows of one question are never on both sides, and ending with the model. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type JsonObject, PluginError, type StageContext, type TrainJob, type Trajectory } from "@autotraj/core/plugin";
import { endingWithTheModel, linesIn, parseJson, writeJsonLines } from "@autotraj/core/rows";
import { type Drawn, drawsOf } from "./draws.ts";

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
  /** As they are written. */
  readonly rows: { readonly train: number; readonly heldOut: number };
  /** What the rows to train on come to, where questions are drawn. */
  readonly drawn?: Drawn;
  /** Writes both sides into the job's folder. */
  readonly write: () => Promise<TrainJob["data"]>;
}

export interface Splitting {
  /** A file of rows with a `query`. */
  readonly source: string;
  /** What a row is, for people. */
  readonly what: string;
  /** Share of questions. */
  readonly heldOut: number;
  /** Which rows are taken. Default: all. */
  readonly takes?: (row: JsonObject) => boolean;
  /** `questions`: of the rows to train on, each question has equally many. Default: `rows`, each row once. */
  readonly sampling?: "rows" | "questions";
}

type Side = "train" | "heldOut";

/** Reads all rows once, and keeps no more of them than their questions and line numbers. @throws PluginError where there is nothing to train on */
export function splitRows(context: Pick<StageContext, "dir" | "random">, splitting: Splitting): SplitRows {
  const { source, what, sampling = "rows" } = splitting;
  if (!existsSync(source)) throw new PluginError("NO_ROWS", `${source} is not there.`, { hint: "Run the loop first." });
  const placeOf = placing(context, splitting);
  const { train, heldOut } = linesByQuestion(source, placeOf);
  if (train.size === 0)
    throw new PluginError("NO_ROWS", `the run has no ${what} to train on.`, { hint: "See `autotraj stats`: why is nothing kept or repaired?" });
  const draws = sampling === "questions" ? drawsOf(train, context.random) : undefined;
  const rows = { train: draws === undefined ? sizeOf(train) : draws.questions * draws.visits, heldOut: sizeOf(heldOut) };
  return {
    rows,
    ...(draws === undefined ? {} : { drawn: { questions: draws.questions, visits: draws.visits, different: draws.times.size } }),
    async write() {
      const files = { train: join(context.dir, "data", "train.jsonl"), heldOut: join(context.dir, "data", "held-out.jsonl") };
      for (const side of ["train", "heldOut"] as const) {
        await writeJsonLines(files[side], function* () {
          for (const { text, line } of linesIn(source)) {
            if (placeOf(text)?.side !== side) continue;
            const times = side === "train" && draws !== undefined ? (draws.times.get(line) ?? 0) : 1;
            for (let written = 0; written < times; written++) yield teachable(text);
          }
        });
      }
      return files;
    },
  };
}

type PlaceOf = (text: string) => { readonly side: Side; readonly question: string } | undefined;

/** On which side a row belongs, and its question; undefined where it is left out. */
function placing({ random }: Pick<StageContext, "random">, { heldOut, takes = () => true }: Splitting): PlaceOf {
  return (text) => {
    const row = JSON.parse(text) as JsonObject & { readonly query: { readonly id: string } };
    const question = row.query.id;
    return takes(row) ? { side: random("held out", question) < heldOut ? "heldOut" : "train", question } : undefined;
  };
}

type LinesByQuestion = ReadonlyMap<string, readonly number[]>;

function linesByQuestion(source: string, placeOf: PlaceOf): Readonly<Record<Side, LinesByQuestion>> {
  const sides = { train: new Map<string, number[]>(), heldOut: new Map<string, number[]>() };
  for (const { text, line } of linesIn(source)) {
    const place = placeOf(text);
    if (place === undefined) continue;
    const lines = sides[place.side].get(place.question) ?? [];
    sides[place.side].set(place.question, lines);
    lines.push(line);
  }
  return sides;
}

function sizeOf(lines: LinesByQuestion): number {
  return [...lines.values()].reduce((sum, { length }) => sum + length, 0);
}

/** A row whose trajectories end with the model. */
function teachable(line: string): object {
  const row = parseJson(line) as unknown as Partial<Record<"chosen" | "rejected", Trajectory>> & Trajectory;
  if (row.chosen === undefined || row.rejected === undefined) return endingWithTheModel(row);
  return { ...row, chosen: endingWithTheModel(row.chosen), rejected: endingWithTheModel(row.rejected) };
}
