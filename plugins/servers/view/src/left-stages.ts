/** What the stages of a run that train have left: the folders below `models/`, also those of later rounds, done or under way. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RewardModelReport } from "@autotraj/core/reports";
import { jsonOr } from "./run-folder.ts";

export interface LeftStage {
  /** `rl round 2` */
  readonly name: string;
  readonly dir: string;
  /** As `artifact.json` has it; empty while the stage is under way. */
  readonly artifact: Partial<StageFacts>;
}

/** Of an artifact what is shown. */
export interface StageFacts {
  readonly stage: string;
  readonly trainer: string;
  readonly rows: { readonly train: number; readonly heldOut: number };
  readonly seconds: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly report: RewardModelReport;
}

/** The usual order; others come behind. */
export const STAGE_ORDER: readonly string[] = ["sft", "reward-model", "rl"];

/** A folder that has data sets and models: the run's own, or a later round's. */
export interface RoundFolder {
  readonly dir: string;
  /** How what lies there is called among what all rounds have left. */
  readonly nameOf: (name: string) => string;
}

export function roundFolders(folder: string): readonly RoundFolder[] {
  const later = foldersIn(join(folder, "rounds"))
    .filter((name) => /^\d+$/.test(name))
    .sort((a, b) => Number(a) - Number(b))
    .map((round) => ({ dir: join(folder, "rounds", round), nameOf: (name: string) => `${name} round ${round}` }));
  return [{ dir: folder, nameOf: (name) => name }, ...later];
}

/** Those of the run itself first, in the order of `first`, then round by round. */
export function leftStages(folder: string, first: readonly string[] = []): readonly LeftStage[] {
  return roundFolders(folder).flatMap((round) => stagesIn(round, first));
}

function stagesIn({ dir: folder, nameOf }: RoundFolder, first: readonly string[]): readonly LeftStage[] {
  const rank = (name: string) => (first.includes(name) ? first.indexOf(name) : first.length);
  const models = join(folder, "models");
  return foldersIn(models)
    .sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))
    .map((name) => ({ name: nameOf(name), dir: join(models, name), artifact: artifactIn(join(models, name)) }));
}

function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

function artifactIn(dir: string): Partial<StageFacts> {
  const file = join(dir, "artifact.json");
  const found = existsSync(file) ? jsonOr(readFileSync(file, "utf8"), undefined) : undefined;
  return typeof found === "object" && found !== null ? (found as Partial<StageFacts>) : {};
}
