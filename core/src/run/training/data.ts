/** What a stage trains on: the run's rows split by question, its questions as RL asks them, its preference pairs. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { nonBlankLines } from "../../data/lines.ts";
import { parseJson } from "../../kernel/json.ts";
import type { Provenance, Query, RlTask, TrainJob, Trajectory } from "../../kernel/plugin.ts";
import { contentHash, seedFrom } from "../../kernel/trajectory/identity.ts";
import { datasetFiles, writeJsonLines } from "../datasets.ts";
import { endingWithTheModel } from "../ending.ts";
import type { Episodes } from "../episodes.ts";
import type { Training } from "../trainings.ts";
import { hashOfFile } from "./content.ts";
import type { StagesContext } from "./context.ts";
import { stageInput } from "./errors.ts";
import { heldOutOf, namedPairs, numberOf, wantedRows } from "./settings.ts";

export interface StageData {
  /** Of all that is trained on, before it is split. */
  readonly hash: string;
  /** The file of the run that it is made from, where there is one. */
  readonly file?: string;
  /** Stage `rl`: the tools that the questions offer. */
  readonly tools: readonly string[];
  readonly rows: { readonly train: number; readonly heldOut: number };
  write(folder: string): Promise<TrainJob["data"]>;
}

/** The run's SFT rows or pairs, split by question: rows of one question are never on both sides. */
export async function splitRows({ name, stage, settings }: Training, { session, runDir }: StagesContext): Promise<StageData> {
  const { sft, preferences } = datasetFiles(runDir);
  const heldOut = heldOutOf(stage, settings);
  const wanted = stage === "sft" ? wantedRows(name, settings["rows"]) : undefined;
  const source = stage === "sft" ? sft : preferences;
  const what = stage === "sft" ? `${wanted ?? "kept or repaired"} trajectory` : "preference pair";
  if (!existsSync(source)) throw stageInput(`stage "${name}"`, `${source} is not there.`, "Run stage 1 first.");
  const { seed } = session.settings.run;
  const rows = { train: 0, heldOut: 0 };
  /** On which side a row belongs; undefined where it is left out. */
  const sideOf = (line: string): keyof typeof rows | undefined => {
    const row = JSON.parse(line) as { query: Query; provenance?: Provenance };
    if (wanted !== undefined && (row.provenance?.origin === "repair") !== (wanted === "repaired")) return undefined;
    return seedFrom(seed, "held out", row.query.id) / 2 ** 31 < heldOut ? "heldOut" : "train";
  };
  for await (const { text } of nonBlankLines(source)) {
    const side = sideOf(text);
    if (side !== undefined) rows[side]++;
  }
  if (rows.train === 0)
    throw stageInput(`stage "${name}"`, `the run has no ${what} to train on.`, "See `autotraj stats`: why is nothing kept or repaired?");
  return {
    hash: hashOfFile(source),
    file: source,
    tools: [],
    rows,
    async write(folder) {
      const files = { train: join(folder, "train.jsonl"), heldOut: join(folder, "held-out.jsonl") };
      for (const side of ["train", "heldOut"] as const) {
        await writeJsonLines(files[side], async function* () {
          for await (const { text } of nonBlankLines(source)) if (sideOf(text) === side) yield teachable(text);
        });
      }
      return files;
    },
  };
}

/** A row whose trajectories end with the model. */
function teachable(line: string): object {
  const row = parseJson(line) as unknown as Partial<Record<"chosen" | "rejected", Trajectory>> & Trajectory;
  if (row.chosen === undefined || row.rejected === undefined) return endingWithTheModel(row);
  return { ...row, chosen: endingWithTheModel(row.chosen), rejected: endingWithTheModel(row.rejected) };
}

export interface PlayableTasks {
  readonly tasks: readonly RlTask[];
  /** Ids of the tools that any of them offers. */
  readonly tools: readonly string[];
}

/**
 * Makes the questions playable as RL asks them: prepared as in stage 1, without worked examples unless `stages.rl.examples` keeps them; where the preset says
 * so only those that stage 1 sometimes got right, since a group that is all right or all wrong teaches nothing.
 * @throws ATRAJ_STAGE_INPUT where none is left
 */
export async function playableTasks(
  episodes: Episodes,
  { name, settings }: Pick<Training, "name" | "settings">,
  { session, queries, passRate }: Pick<StagesContext, "session" | "queries" | "passRate">,
): Promise<PlayableTasks> {
  const limit = numberOf(settings, "limit", Number.POSITIVE_INFINITY);
  const [least, most] = [numberOf(settings, "minPassRate", 0), numberOf(settings, "maxPassRate", 1)];
  const tasks: RlTask[] = [];
  const tools = new Set<string>();
  let position = -1;
  for await (const query of queries()) {
    position++;
    if (tasks.length >= limit) break;
    const rate = passRate(position);
    if (rate === undefined ? least > 0 || most < 1 : rate < least || rate > most) continue;
    const state = await session.lifecycle.beforeRollout(session.rolloutRequest(query));
    if (state.drop !== undefined) continue;
    for (const tool of state.request.tools) tools.add(tool);
    tasks.push(episodes.addTask(settings["examples"] === true ? state.request : { ...state.request, examples: [] }));
  }
  if (tasks.length === 0) {
    throw stageInput(
      `stage "${name}"`,
      "no question is left to play.",
      "Every one was dropped, or lies outside stages.rl.minPassRate and maxPassRate.",
    );
  }
  return { tasks, tools: [...tools] };
}

export async function rlTasks(episodes: Episodes, training: Training, context: StagesContext): Promise<StageData> {
  const { tasks, tools } = await playableTasks(episodes, training, context);
  return {
    hash: contentHash(tasks),
    tools,
    rows: { train: tasks.length, heldOut: 0 },
    async write(folder) {
      const files = { train: join(folder, "train.jsonl"), heldOut: join(folder, "held-out.jsonl") };
      await writeJsonLines(files.train, () => tasks);
      await writeFile(files.heldOut, "");
      return files;
    },
  };
}

/** Pairs for methods of stage `rl` that learn from them: a file that the preset names, or the run's own where it has any. */
export async function pairsFile(
  { name, settings }: Training,
  { session: { ready }, runDir }: StagesContext,
): Promise<{ readonly file: string; readonly hash: string } | undefined> {
  const named = namedPairs(name, settings);
  const written = ready.originOf(`ablations.${name}.settings.pairs`) ?? ready.originOf("stages.rl.pairs");
  const file = typeof named === "string" ? resolve(written?.folder ?? "", named) : datasetFiles(runDir).preferences;
  if (!existsSync(file)) {
    if (typeof named === "string")
      throw stageInput(`stage "${name}"`, `${file}, which its setting pairs names, is not there.`, "Paths are relative to the preset.");
    return undefined;
  }
  let rows = 0;
  for await (const _ of nonBlankLines(file)) rows++;
  return rows === 0 ? undefined : { file, hash: hashOfFile(file) };
}
