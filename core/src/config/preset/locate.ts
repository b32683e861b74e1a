/** Finds the file behind a preset's name: by path or by package, from the file that names it. */
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { nearest } from "../../messages/nearest.ts";
import { locatePackage, type MissingPackage, packageNames } from "../package-names.ts";
import { PRESET_EXTENSIONS } from "./read.ts";

const FOLDER_FILES = PRESET_EXTENSIONS.map((extension) => `preset${extension}`);

export interface FoundFile {
  readonly file: string;
}
export type MissingFile = MissingPackage;

/** A preset named in another preset's `extends`. */
export function locateExtended(ref: string, folder: string): FoundFile | MissingFile {
  if (isPath(ref)) return locateFile(resolve(folder, ref)) ?? missingFile(resolve(folder, ref));
  const file = PRESET_EXTENSIONS.includes(extname(ref)) ? locateFile(resolve(folder, ref)) : undefined;
  return file ?? locatePreset(ref, folder);
}

/** A preset named on the command line: a file or folder goes before a package of the same name. */
export function locateGiven(ref: string, cwd: string): FoundFile | MissingFile {
  const path = resolve(cwd, ref);
  const file = locateFile(path);
  if (file !== undefined) return file;
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  if (isPath(ref) || PRESET_EXTENSIONS.includes(extname(ref)) || (isThere && ref.includes("/"))) return missingFile(path);
  const found = locatePreset(ref, cwd);
  return "file" in found ? found : { ...found, tried: [`${path} (no file, and no folder with a ${FOLDER_FILES[0]})`, ...found.tried] };
}

/** The file of a preset that was named in `cwd`; undefined where there is none. */
export function presetFile(ref: string, cwd: string): string | undefined {
  const found = locateGiven(ref, cwd);
  return "file" in found ? found.file : undefined;
}

function isPath(ref: string): boolean {
  return /^\.{1,2}(?:[/\\]|$)/.test(ref) || isAbsolute(ref);
}

function locatePreset(ref: string, folder: string): FoundFile | MissingFile {
  const found = locatePackage(packageNames(ref, "preset"), folder);
  return "url" in found ? { file: fileURLToPath(found.url) } : found;
}

function locateFile(path: string): FoundFile | undefined {
  return firstFile([path, ...FOLDER_FILES.map((name) => join(path, name))]);
}

function firstFile(paths: readonly string[]): FoundFile | undefined {
  const file = paths.find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
  return file === undefined ? undefined : { file };
}

function missingFile(path: string): MissingFile {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  const stem = (name: string): string => basename(name, extname(name));
  const siblings = list(dirname(path)).filter((name) => PRESET_EXTENSIONS.includes(extname(name)));
  if (isFolder) return missingInFolder(path);
  const nearStem = nearest(stem(path), siblings.map(stem));
  const near = siblings.find((name) => stem(name) === nearStem);
  return {
    tried: [`${path} (no such file)`],
    hint: near === undefined ? "A path means from the folder of the file that names it." : `Did you mean "${near}"?`,
  };
}

function missingInFolder(path: string): MissingFile {
  const presets = list(path).filter((name) => PRESET_EXTENSIONS.includes(extname(name)));
  const isRun = presets.includes("preset.resolved.yaml");
  return {
    tried: [`${path} (${isRun ? "a run's folder" : `a folder without a ${FOLDER_FILES[0]}`})`],
    hint: isRun
      ? "A run goes on with `autotraj resume`, and is read by `autotraj stats` and `explain`; a new one takes the preset it was made from."
      : presets.length === 0
        ? "A path means from the folder of the file that names it."
        : `Name one of its files: ${presets.join(", ")}.`,
  };
}

function list(folder: string): string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
}
