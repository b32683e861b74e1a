/** The rows of a run as trainers get them: split by question, so that rows of one question are never on both sides, and ending with the model. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type JsonObject, PluginError, type Query, type StageContext, type TrainJob, type Trajectory } from "@autotraj/core/plugin";
import { endingWithTheModel, rowsIn, writeJsonLines } from "@autotraj/core/rows";
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
  /** A file of rows with a `query`, or such rows: the same ones whenever they are asked for. */
  readonly source: string | (() => Iterable<JsonObject>);
  /** What a row is, for people. */
  readonly what: string;
  /** Share of questions. */
  readonly heldOut: number;
  /** Which rows are taken. Default: all. */
  readonly takes?: (row: JsonObject) => boolean;
  /** `questions`: of the rows to train on, each question has equally many. Default: `rows`, each row once. */
  readonly sampling?: "rows" | "questions";
  /** What the trainer is given of a row to train on. Default: the row. */
  readonly asTrained?: (row: JsonObject) => JsonObject;
  /** What to do where there is nothing to train on. */
  readonly hint?: () => string;
}

type Side = "train" | "heldOut";

const SEE_STATS = "See `autotraj stats`: why is nothing kept or repaired?";

/** Reads all rows once, and keeps no more of them than their questions and places. @throws PluginError where there is nothing to train on */
export function splitRows(context: Pick<StageContext, "dir" | "random">, splitting: Splitting): SplitRows {
  const { source, what, sampling = "rows", asTrained = (row: JsonObject) => row, hint = () => SEE_STATS } = splitting;
  if (typeof source === "string" && !existsSync(source)) throw new PluginError("NO_ROWS", `${source} is not there.`, { hint: "Run the loop first." });
  const all = typeof source === "string" ? () => rowsIn(source) : source;
  const placeOf = placing(context, splitting);
  const { train, heldOut } = rowsByQuestion(all(), placeOf);
  if (train.size === 0) throw new PluginError("NO_ROWS", `the run has no ${what} to train on.`, { hint: hint() });
  const draws = sampling === "questions" ? drawsOf(train, context.random) : undefined;
  const rows = { train: draws === undefined ? sizeOf(train) : draws.questions * draws.visits, heldOut: sizeOf(heldOut) };
  return {
    rows,
    ...(draws === undefined ? {} : { drawn: { questions: draws.questions, visits: draws.visits, different: draws.times.size } }),
    async write() {
      const files = { train: join(context.dir, "data", "train.jsonl"), heldOut: join(context.dir, "data", "held-out.jsonl") };
      for (const side of ["train", "heldOut"] as const) {
        await writeJsonLines(files[side], function* () {
          let at = 0;
          for (const row of all()) {
            const place = at++;
            if (placeOf(row)?.side !== side) continue;
            const times = side === "train" && draws !== undefined ? (draws.times.get(place) ?? 0) : 1;
            for (let written = 0; written < times; written++) yield teachable(side === "train" ? asTrained(row) : row);
          }
        });
      }
      return files;
    },
  };
}

type PlaceOf = (row: JsonObject) => { readonly side: Side; readonly question: string } | undefined;

/** On which side a row belongs, and its question; undefined where it is left out. */
function placing({ random }: Pick<StageContext, "random">, { heldOut, takes = () => true }: Splitting): PlaceOf {
  const questionOf = questions();
  return (row) => {
    const question = questionOf(row);
    return takes(row) ? { side: random("held out", question) < heldOut ? "heldOut" : "train", question } : undefined;
  };
}

/**
 * A question that stands under several ids, as in logs whose rows have ids of their own, is one: it goes by the first. The same words alone do not make it one: what
 * is asked about may stand in the system prompt, and other accepted answers are another question's.
 */
function questions(): (row: JsonObject) => string {
  const byId = new Map<string, string>();
  const byWords = new Map<string, string>();
  return (row) => {
    const { id, question = "", answers = [] } = row["query"] as unknown as Query;
    const known = byId.get(id);
    if (known !== undefined) return known;
    const asked = createHash("sha256")
      .update(JSON.stringify([...[question, ...systemPrompts(row)].map(words), [...answers].sort()]))
      .digest("base64url");
    const first = question === "" ? id : (byWords.get(asked) ?? id);
    byId.set(id, first);
    byWords.set(asked, first);
    return first;
  };
}

function systemPrompts(row: JsonObject): readonly string[] {
  const { messages = [] } = (row["chosen"] ?? row) as unknown as Partial<Trajectory>;
  return messages.flatMap(({ role, content }) => (role === "system" ? [content] : []));
}

/** Case and white space make no other question. */
function words(text: string): string {
  return text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
}

/** By their places, counted from 0. */
type RowsByQuestion = ReadonlyMap<string, readonly number[]>;

function rowsByQuestion(rows: Iterable<JsonObject>, placeOf: PlaceOf): Readonly<Record<Side, RowsByQuestion>> {
  const sides = { train: new Map<string, number[]>(), heldOut: new Map<string, number[]>() };
  let at = 0;
  for (const row of rows) {
    const place = placeOf(row);
    const index = at++;
    if (place === undefined) continue;
    const own = sides[place.side].get(place.question) ?? [];
    sides[place.side].set(place.question, own);
    own.push(index);
  }
  return sides;
}

function sizeOf(rows: RowsByQuestion): number {
  return [...rows.values()].reduce((sum, { length }) => sum + length, 0);
}

/** A row whose trajectories end with the model. */
function teachable(read: JsonObject): object {
  const row = read as unknown as Partial<Record<"chosen" | "rejected", Trajectory>> & Trajectory;
  if (row.chosen === undefined || row.rejected === undefined) return endingWithTheModel(row);
  return { ...row, chosen: endingWithTheModel(row.chosen), rejected: endingWithTheModel(row.rejected) };
}
