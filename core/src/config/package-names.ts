/** Names of packages as people write them, where the package of such a name lies, and what can be said where there is none. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { resolve as resolveImport } from "import-meta-resolve";
import { messageOf } from "../kernel/errors.ts";
import { didYouMean, nearest } from "../messages/nearest.ts";

export const CORE_FOLDER = resolve(import.meta.dirname, "../..");
const OWN_PREFIX = /^(?:@autotraj\/|autotraj-)/;

export interface MissingPackage {
  /** One line per place that was looked at. */
  readonly tried: readonly string[];
  /** Why one that is there cannot be used; undefined where there is none. */
  readonly unusable?: string;
  /** What to do about it. */
  readonly hint: string;
}

/**
 * `scorer-brevity` is `@autotraj/scorer-brevity`, else `autotraj-scorer-brevity`, else the package that is called just that. Where only one kind can be
 * meant, it may be left out: `quickstart` is `preset-quickstart`. Any other name is a whole one.
 */
export function packageNames(name: string, kind?: string): readonly string[] {
  if (!/^[a-z0-9][a-z0-9._-]*$/.test(name) || OWN_PREFIX.test(name)) return [name];
  const whole = kind === undefined || name.startsWith(`${kind}-`) ? name : `${kind}-${name}`;
  return [`@autotraj/${whole}`, `autotraj-${whole}`, name];
}

/** The same for all spellings of a name that mean the same package wherever only one of them is installed. */
export function canonicalName(name: string): string {
  return name.replace(OWN_PREFIX, "");
}

/** From the folder that names it first, from the core's own place last: there the bundled presets and plugins are. */
export function locatePackage(names: readonly string[], folder: string): { readonly url: string } | MissingPackage {
  const tried: string[] = [];
  let unusable: string | undefined;
  for (const base of [folder, CORE_FOLDER]) {
    const absent: string[] = [];
    for (const name of names) {
      try {
        const url = resolveImport(name, pathToFileURL(join(base, "from.js")).href);
        if (url.startsWith("file:")) return { url };
        tried.push(`${name} from ${base} (${url.startsWith("node:") ? "a module of Node itself" : "an address"})`);
      } catch (error) {
        const why = reason(error, name, base);
        unusable ??= why;
        if (why === undefined) absent.push(name);
        else tried.push(`${name} from ${base} (${why})`);
      }
    }
    if (absent.length > 0) tried.push(`${absent.join(", ")} from ${base} (not installed there)`);
  }
  return { tried, ...(unusable === undefined ? {} : { unusable }), hint: adviceFor(names, installed([folder, CORE_FOLDER])) };
}

/** Undefined where there simply is no such package. */
function reason(error: unknown, name: string, folder: string): string | undefined {
  const message = messageOf(error);
  if (message.startsWith("Cannot find package"))
    return ancestors(folder).some((parent) => list(join(parent, "node_modules", name)).includes("package.json"))
      ? "the file that its package.json names as main is not there"
      : undefined;
  if (message.startsWith("Invalid package config")) return "its package.json is no valid JSON";
  if (error instanceof Error && "code" in error && error.code === "ERR_PACKAGE_PATH_NOT_EXPORTED")
    return 'installed, but its "exports" do not offer this';
  return message.split("\n", 1)[0] ?? message;
}

/** Only what AutoTraj publishes itself is advised to be installed: anybody may have published something under any other name. */
export function adviceFor(names: readonly string[], here: readonly string[]): string {
  if (names.some((name) => /^[a-z]+:/i.test(name)))
    return "Name an installed package, or a file of this machine that begins with ./ or /; no address.";
  const own = ownPackages();
  const known = names.find((name) => own.includes(name));
  if (known !== undefined) return `Install it: npm install ${known}`;
  const [first = ""] = names;
  const unquoted = first.replaceAll(/[\p{Pi}\p{Pf}"']/gu, "");
  if (unquoted !== first && [...here, ...own].includes(unquoted)) return didYouMean(first, unquoted);
  const near = nearestOf(names, here) ?? nearestOf(names, own);
  if (near === undefined) return "Correct the name. AutoTraj has no package of this name; if somebody else has, see who it is before you install it.";
  return here.includes(near) ? `Did you mean "${near}"?` : `Did you mean "${near}"? It is not installed here: npm install ${near}`;
}

function nearestOf(names: readonly string[], others: readonly string[]): string | undefined {
  for (const name of names) {
    const same = others.find((other) => other.endsWith(`-${name}`));
    if (same !== undefined) return same;
    const near = nearest(canonicalName(name), others.filter((other) => !names.includes(other)).map(canonicalName));
    if (near !== undefined) return others.find((other) => canonicalName(other) === near);
  }
  return undefined;
}

/** All that AutoTraj publishes as plugins and presets; written by `npm run docs`. */
function ownPackages(): readonly string[] {
  return Object.keys(JSON.parse(readFileSync(join(CORE_FOLDER, "schema/packages.json"), "utf8")) as object);
}

/** Plugins and presets that can be reached from here. */
function installed(folders: readonly string[]): string[] {
  const parents = new Set(folders.flatMap((folder) => ancestors(folder)));
  const own = [...parents].flatMap((parent) => list(join(parent, "node_modules", "@autotraj")).map((name) => `@autotraj/${name}`));
  const others = [...parents].flatMap((parent) => list(join(parent, "node_modules")).filter((name) => name.startsWith("autotraj-")));
  return [...new Set([...own, ...others])];
}

function ancestors(folder: string): string[] {
  return dirname(folder) === folder ? [folder] : [folder, ...ancestors(dirname(folder))];
}

function list(folder: string): string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
}
