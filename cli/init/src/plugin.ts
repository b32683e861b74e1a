/** A plugin's whole package, to be made one's own: source, tests, README, licence, CI. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { AutoTrajError } from "@autotraj/core";
import { writeNewFiles } from "./new-files.ts";
import { filledFiles, filledText } from "./templates.ts";

/** Kinds that there is a template of, the commonest first. */
export const PLUGIN_TEMPLATES = [
  "scorer",
  "tool",
  "gate",
  "preparer",
  "repairer",
  "reward",
  "format",
  "stage",
  "trainer",
  "policy",
  "sandbox",
  "tracker",
] as const;
export type PluginTemplate = (typeof PLUGIN_TEMPLATES)[number];

export const LANGUAGES = { ts: "typescript", js: "javascript" } as const;
export type Language = keyof typeof LANGUAGES;

export interface NewPlugin {
  readonly kind: PluginTemplate;
  /** What comes behind `autotraj-<kind>-`: small letters, digits and single dashes. */
  readonly name: string;
  readonly language: Language;
  /** Default: a folder of the package's name in `cwd`. */
  readonly folder?: string;
  readonly cwd: string;
}

export interface WrittenPlugin {
  readonly package: string;
  readonly folder: string;
  readonly files: readonly string[];
}

const NAME = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
/** npm takes 214 characters for the whole; a preset's ids are at most 100. */
const LONGEST_NAME = 60;

/** @throws ATRAJ_USAGE for a name that is none, and where a file is in the way */
export function writePlugin({ kind, name: given, language, folder: asked, cwd }: NewPlugin): WrittenPlugin {
  const name = given.replace(new RegExp(`^autotraj-${kind}-`), "");
  const problem = pluginNameProblem(name);
  if (problem !== undefined) throw new AutoTrajError("ATRAJ_USAGE", { who: "init plugin", what: `the name "${given}" ${problem}.`, hint: NAME_HINT });
  const packageName = `autotraj-${kind}-${name}`;
  const folder = resolve(cwd, asked ?? packageName);
  const own = `kinds/${kind}`;
  const entry = `src/index.${language}`;
  const [description = "", ...about] = filledText(`${own}/about.md`, { name }).trimEnd().split("\n");
  const base = { name, kind, package: packageName, description, entry, version: ownVersion(), year: String(new Date().getFullYear()) };
  const preset = filledText(`${own}/preset.yaml`, base).trimEnd();
  const blanks = { ...base, preset, about: about.join("\n").trim() };
  const folders = ["plugin/both", `plugin/${LANGUAGES[language]}`, `${own}/${LANGUAGES[language]}`];
  const files = writeNewFiles(
    folder,
    folders.flatMap((from) => filledFiles(from, blanks)),
  );
  return { package: packageName, folder, files };
}

const NAME_HINT = "Take small letters, digits and single dashes, as in brevity or unit-tests.";

/** What keeps a text from being a plugin's name, as the end of a sentence; undefined where nothing does. */
export function pluginNameProblem(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.length > LONGEST_NAME) return `is longer than ${LONGEST_NAME} characters`;
  return NAME.test(name) ? undefined : "cannot be part of a package's name";
}

/** All packages of a release carry one version: what is written asks for its own. */
function ownVersion(): string {
  return (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;
}
