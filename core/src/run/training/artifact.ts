/** What a training left, as `models/<name>/artifact.json` says. Paths in it are relative to its folder where they lie in the run's: runs may be moved. */
import { existsSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import type { Preset } from "../../config/preset/index.ts";
import { readJsonFile, writeJsonFile } from "../../data/json-file.ts";
import { KERNEL_FILES } from "../../host/launcher.ts";
import type { TrainResult, TrainStage } from "../../kernel/plugin.ts";
import type { RewardModelReport } from "../evaluation/report.ts";
import { hashOfFile } from "./content.ts";
import type { KeyParts } from "./key.ts";

export interface StageArtifact extends TrainResult {
  /** Where it lies; not written. */
  readonly dir: string;
  /** The stage's own name, or its ablation's. */
  readonly name: string;
  readonly stage: TrainStage;
  /** Hash of all that decides the result. */
  readonly key: string;
  /** What the key is made of; undefined where an older version wrote this. */
  readonly parts?: KeyParts;
  /** What of the same run it was made from. */
  readonly madeFrom?: readonly Source[];
  readonly trainer: string;
  readonly startedFrom: string;
  readonly rows: { readonly train: number; readonly heldOut: number };
  readonly seconds: number;
  /** Stage `reward-model`: how it does on the held-out pairs. */
  readonly report?: RewardModelReport;
  /** Why it is not what the run as it is now would give; worked out when it is read. */
  readonly outOfDate?: string;
}

/** Something in the run's folder that something else was made from, with what it was known by then. */
export interface Source {
  readonly kind: "stage" | "file";
  /** A training's folder, or a file; relative to the folder of the file in which this stands. */
  readonly path: string;
  /** The training's key, or the file's SHA-256. */
  readonly hash: string;
}

export function stageDir(runDir: string, name: string): string {
  return join(runDir, "models", name);
}

/** Round 1 is the run's own folder. */
export function roundDir(runDir: string, round: number): string {
  return round === 1 ? runDir : join(runDir, "rounds", String(round));
}

export function artifactOf(runDir: string, name: string): StageArtifact | undefined {
  return artifactIn(stageDir(runDir, name));
}

function artifactIn(dir: string): StageArtifact | undefined {
  const file = join(dir, KERNEL_FILES.artifact);
  if (!existsSync(file)) return undefined;
  const written = readJsonFile<StageArtifact>(file);
  const outOfDate = changeOfAny(dir, written.madeFrom ?? []);
  return {
    ...written,
    dir,
    name: basename(dir),
    modelPath: found(dir, written.modelPath),
    startedFrom: found(dir, written.startedFrom),
    ...(outOfDate === undefined ? {} : { outOfDate }),
  };
}

/** @param root the run's own folder, also for an artifact of a later round */
export function keepArtifact(root: string, { dir, outOfDate: _, ...artifact }: StageArtifact): void {
  const { modelPath, startedFrom } = artifact;
  writeJsonFile(join(dir, KERNEL_FILES.artifact), {
    ...artifact,
    modelPath: portable(dir, root, modelPath),
    startedFrom: portable(dir, root, startedFrom),
  });
}

/** A path in the run's folder as it is written into a file of `dir`: `./model`. Any other path, and a name, as it is. */
export function portable(dir: string, root: string, path: string): string {
  if (path !== root && !path.startsWith(root + sep)) return path;
  const inside = relative(dir, path);
  return inside.startsWith("..") ? inside : `./${inside}`;
}

/** What {@link portable} wrote, from where the run is now. */
export function found(dir: string, path: string): string {
  return /^\.\.?\//.test(path) ? resolve(dir, path) : path;
}

/** Why something in `dir` that was made from these is out of date; undefined where all are as they were. */
export function changeOfAny(dir: string, sources: readonly Source[]): string | undefined {
  for (const source of sources) {
    const change = changeOf(dir, source);
    if (change !== undefined) return change;
  }
  return undefined;
}

function changeOf(dir: string, { kind, path, hash }: Source): string | undefined {
  const place = resolve(dir, path);
  if (kind === "file") {
    const name = join(basename(dirname(place)), basename(place));
    if (!existsSync(place)) return `${name} is gone`;
    return hashOfFile(place) === hash ? undefined : `${name} has changed`;
  }
  const artifact = artifactIn(place);
  const name = nameOf(place);
  if (artifact === undefined) return `${name} has not been done again`;
  if (artifact.key !== hash) return `${name} was done again`;
  return artifact.outOfDate === undefined ? undefined : `${name} is out of date (${artifact.outOfDate})`;
}

/** `stage sft`, `stage sft of round 2`: folders as {@link stageDir} and {@link roundDir} lay them out. */
function nameOf(dir: string): string {
  const runDir = dirname(dirname(dir));
  return `stage ${basename(dir)}${basename(dirname(runDir)) === "rounds" ? ` of round ${basename(runDir)}` : ""}`;
}

/** The policy as the preset's stages have left it in this folder. */
export function lastPolicyModel(runDir: string, { stages }: Preset): StageArtifact | undefined {
  const last = stages.rl !== undefined ? "rl" : stages.sft !== undefined ? "sft" : undefined;
  return last === undefined ? undefined : artifactOf(runDir, last);
}
