/**
 * What a stage left, as `artifact.json` in its folder says. Paths in it are relative to that folder where they lie in the run's: runs may be moved.
 * Something made from it, or from a file of the run, is out of date where that was done again.
 */
import { existsSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { readJsonFile, writeJsonFile } from "../data/json-file.ts";
import { JOB_FILES } from "../host/launcher.ts";
import type { StageArtifact } from "../kernel/plugin.ts";
import { hashOfFile } from "./content.ts";

/** Name of a part, as people read it (`the trainer's option epochs`, `plugin judge: code`) → hash of it. */
export type KeyParts = Readonly<Record<string, string>>;

/** Something in the run's folder that something else was made from, with what it was known by then. */
export interface Source {
  readonly kind: "stage" | "file";
  /** A stage's folder, or a file; relative to the folder of the file in which this stands. */
  readonly path: string;
  /** The stage's key, or the file's SHA-256. */
  readonly hash: string;
}

/** With what is kept for telling later whether it is still what the run would give. */
export interface KeptArtifact extends StageArtifact {
  /** What the key is made of; undefined where an older version wrote this. */
  readonly parts?: KeyParts;
  /** What of the same run it was made from. */
  readonly madeFrom?: readonly Source[];
}

/** Where stages lie: those that train leave models. */
const FOLDERS = ["models", "stages"] as const;

export function stageDir(runDir: string, name: string, trains: string | undefined): string {
  return join(runDir, trains === undefined ? "stages" : "models", name);
}

/** Round 1 is the run's own folder. */
export function roundDir(runDir: string, round: number): string {
  return round === 1 ? runDir : join(runDir, "rounds", String(round));
}

export function artifactOf(runDir: string, name: string): KeptArtifact | undefined {
  for (const folder of FOLDERS) {
    const artifact = artifactIn(join(runDir, folder, name));
    if (artifact !== undefined) return artifact;
  }
  return undefined;
}

function artifactIn(dir: string): KeptArtifact | undefined {
  const file = join(dir, JOB_FILES.artifact);
  if (!existsSync(file)) return undefined;
  const written = readJsonFile<KeptArtifact>(file);
  const outOfDate = changeOfAny(dir, written.madeFrom ?? []);
  return { ...withPaths(written, (path) => found(dir, path)), dir, name: basename(dir), ...(outOfDate === undefined ? {} : { outOfDate }) };
}

/** @param root the run's own folder, also for an artifact of a later round */
export function keepArtifact(root: string, { dir, outOfDate: _, ...artifact }: KeptArtifact): void {
  writeJsonFile(
    join(dir, JOB_FILES.artifact),
    withPaths(artifact, (path) => portable(dir, root, path)),
  );
}

/** The fields that may be paths. */
function withPaths<T extends object>(artifact: T, change: (path: string) => string): T {
  const paths = ["modelPath", "startedFrom"].flatMap((name) => {
    const path = (artifact as Readonly<Record<string, unknown>>)[name];
    return typeof path === "string" ? [[name, change(path)]] : [];
  });
  return { ...artifact, ...Object.fromEntries(paths) };
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
