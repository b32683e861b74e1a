/** Finds the file behind a preset's name: by path or by package, from the file that names it. */
import { readdirSync, statSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { resolve as resolveImport } from "import-meta-resolve";
import { messageOf } from "../../kernel/errors.ts";
import { nearest } from "./messages.ts";
import { PRESET_EXTENSIONS } from "./read.ts";

const CORE_FOLDER = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const FOLDER_FILES = PRESET_EXTENSIONS.map((extension) => `preset${extension}`);

export interface FoundFile {
  readonly file: string;
}
export interface MissingFile {
  /** One line per place that was looked at. */
  readonly tried: readonly string[];
  /** What to do about it. */
  readonly hint: string;
}

/** A preset named in another preset's `extends`. */
export function locateExtended(ref: string, folder: string): FoundFile | MissingFile {
  if (isPath(ref)) return locateFile(resolve(folder, ref)) ?? missingFile(resolve(folder, ref));
  const file = PRESET_EXTENSIONS.includes(extname(ref)) ? locateFile(resolve(folder, ref)) : undefined;
  return file ?? locatePackage(packageNames(ref), folder);
}

/** A preset named on the command line: a file or folder goes before a package of the same name. */
export function locateGiven(ref: string, cwd: string): FoundFile | MissingFile {
  const path = resolve(cwd, ref);
  const file = locateFile(path);
  if (file !== undefined) return file;
  if (isPath(ref) || PRESET_EXTENSIONS.includes(extname(ref))) return missingFile(path);
  const found = locatePackage(packageNames(ref), cwd);
  return "file" in found ? found : { ...found, tried: [`${path} (no file, and no folder with a ${FOLDER_FILES[0]})`, ...found.tried] };
}

function isPath(ref: string): boolean {
  return /^\.{1,2}(?:[/\\]|$)/.test(ref) || isAbsolute(ref);
}

/** `quickstart` is short for `@autotraj/preset-quickstart`. */
function packageNames(ref: string): readonly string[] {
  return /^[a-z0-9][a-z0-9-]*$/.test(ref) ? [`@autotraj/preset-${ref}`, ref] : [ref];
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
  const siblings = list(dirname(path));
  const nearStem = nearest(stem(path), siblings.map(stem));
  const near = siblings.find((name) => stem(name) === nearStem);
  return {
    tried: [isFolder ? `${path} (a folder without a ${FOLDER_FILES[0]})` : `${path} (no such file)`],
    hint: near === undefined || isFolder ? "A path means from the folder of the file that names it." : `Did you mean "${near}"?`,
  };
}

/** From the folder that names it first, from the core's own place last: there the bundled presets and plugins are. */
function locatePackage(names: readonly string[], folder: string): FoundFile | MissingFile {
  const tried: string[] = [];
  for (const base of [folder, CORE_FOLDER])
    for (const name of names) {
      try {
        const url = resolveImport(name, pathToFileURL(join(base, "from.js")).href);
        if (url.startsWith("file:")) return { file: fileURLToPath(url) };
        tried.push(`${name} from ${base} (a module of Node itself)`);
      } catch (error) {
        tried.push(`${name} from ${base} (${reason(error)})`);
      }
    }
  const [name = ""] = names;
  const near = nearest(
    name,
    installed([folder, CORE_FOLDER]).filter((other) => other !== name),
  );
  return { tried, hint: near === undefined ? `Install it: npm install ${name}` : `Did you mean "${near}"? Otherwise: npm install ${name}` };
}

function reason(error: unknown): string {
  const message = messageOf(error);
  if (message.startsWith("Cannot find package")) return "not installed there";
  if (error instanceof Error && "code" in error && error.code === "ERR_PACKAGE_PATH_NOT_EXPORTED")
    return 'installed, but its "exports" do not offer this';
  return message.split("\n", 1)[0] ?? message;
}

/** AutoTraj's own packages that can be reached from here, for "did you mean". */
function installed(folders: readonly string[]): string[] {
  const parents = new Set(folders.flatMap((folder) => ancestors(folder)));
  return [...new Set([...parents].flatMap((parent) => list(join(parent, "node_modules", "@autotraj")).map((name) => `@autotraj/${name}`)))];
}

function ancestors(folder: string): string[] {
  return dirname(folder) === folder ? [folder] : [folder, ...ancestors(dirname(folder))];
}

function list(folder: string): string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
}
