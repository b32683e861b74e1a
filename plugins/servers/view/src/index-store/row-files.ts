/** The files of rows in a run's folder that are looked at row by row: data sets of pairs, held-out pairs, answers of evaluated models. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { leftStages, roundFolders } from "../left-stages.ts";
import { jsonOr, stampOfFile } from "../run-folder.ts";

export interface RowFile {
  readonly holds: "pairs" | "answers";
  /** Of pairs the set's, of answers the model's. */
  readonly name: string;
  readonly file: string;
  /** What a reward model and rules made of these pairs, in their order. */
  readonly judged?: string;
  /** Whose judgement that is. */
  readonly judge?: string;
}

export function rowFilesIn(folder: string): readonly RowFile[] {
  return [...dataSets(folder), ...heldOutPairs(folder), ...evaluatedAnswers(folder)].filter(({ file }) => existsSync(file));
}

/** Changes with every change of any of them. */
export function stampOfRowFiles(folder: string): string {
  return rowFilesIn(folder).map(stampOfRowFile).join(" ");
}

export function stampOfRowFile({ file, judged }: RowFile): string {
  return `${stampOfFile(file)} ${judged === undefined ? "" : stampOfFile(judged)}`;
}

/** Of all rounds: `preferences`, `preferences round 2`. */
function dataSets(folder: string): readonly RowFile[] {
  return roundFolders(folder).flatMap(({ dir, nameOf }) =>
    ["preferences", "siblings"].map((name): RowFile => ({ holds: "pairs", name: nameOf(name), file: join(dir, "datasets", `${name}.jsonl`) })),
  );
}

/** As stage `reward-model` leaves them, in every round. Its own come before those of its ablations. */
function heldOutPairs(folder: string): readonly RowFile[] {
  const stages = leftStages(folder, ["reward-model"]).filter(({ artifact }) => artifact.stage === "reward-model");
  return stages.map(({ name, dir }) => ({
    holds: "pairs",
    name: heldOutOf(name),
    file: join(dir, "data", "held-out.jsonl"),
    judged: join(dir, "held-out-judged.jsonl"),
    judge: name,
  }));
}

/** The set of pairs that were held out from this model's training. */
export function heldOutOf(model: string): string {
  return `held out: ${model}`;
}

/** Only of models that the evaluation names, and only files that are there: a name is no path. */
function evaluatedAnswers(folder: string): readonly RowFile[] {
  const dir = join(folder, "evaluation");
  const summary = join(dir, "evaluation.json");
  if (!existsSync(summary)) return [];
  const { models } = (jsonOr(readFileSync(summary, "utf8"), null) ?? {}) as { models?: readonly { readonly model?: unknown }[] };
  const there = new Set(readdirSync(dir));
  return (Array.isArray(models) ? models : [])
    .map(({ model }) => String(model))
    .filter((model) => there.has(`${model}.jsonl`))
    .map((model) => ({ holds: "answers", name: model, file: join(dir, `${model}.jsonl`) }));
}
