/** What can come next on a command line that is being typed: names that only this folder knows. Commands, options and their choices are yargs's to complete. */
import { readdir } from "node:fs/promises";
import { extname, relative } from "node:path";
import { formatNames, installedPackages, RunStore, resolvePreset, stageNames } from "@autotraj/core";
import { runFolders } from "./runs.ts";
import { spoken, spokenPresets } from "./spoken-names.ts";

/** By which the completion script asks: yargs's own. */
export const COMPLETE = "--get-yargs-completions";

type Names = (typed: Typed) => Promise<readonly string[]>;

/** What was typed so far, without what is being completed. */
interface Typed {
  /** Of `<run> <row>`. */
  readonly positionals: readonly string[];
}

const PRESET_FILES = [".yaml", ".yml", ".json", ".jsonc"];
const ROWS = ["sft:", "preferences:", "siblings:", "hard-cases:"];

const presets: Names = async () => {
  const files = (await readdir(".").catch(() => [])).filter(
    (name) => PRESET_FILES.includes(extname(name)) && !/^(?:package(?:-lock)?|tsconfig.*)\.json$/.test(name),
  );
  return [...spokenPresets((await installedPackages("autotraj-preset")).map(({ name }) => name)), ...files];
};
const runs: Names = async () => (await runFolders(process.cwd())).map((dir) => relative(process.cwd(), dir) || ".");
const plugins: Names = async () => spoken((await installedPackages("autotraj-plugin")).map(({ name }) => name));
const ofKind =
  (kind: string): Names =>
  async () =>
    (await plugins({ positionals: [] })).filter((name) => name.startsWith(`${kind}-`)).map((name) => name.slice(kind.length + 1));
const formats: Names = () => formatNames();
/** Files are the shell's own to complete, where it is told nothing. */
const files: Names = async () => [];
/** Of the run or preset that the command line names. */
const stages: Names = async ({ positionals: [named = ""] }) => {
  try {
    const store = RunStore.read(named);
    try {
      return store.metaJson<readonly string[]>("trainings", Array.isArray) ?? [];
    } finally {
      store.close();
    }
  } catch {
    return stageNames((await resolvePreset(named, { cwd: process.cwd() })).settings);
  }
};

/** By the name of an argument in a command's signature. */
const POSITIONALS: Readonly<Record<string, Names>> = {
  ...{ preset: presets, run: runs, target: runs, a: runs, b: runs, plugin: plugins },
  ...{ backend: ofKind("trainer"), row: async () => ROWS },
  ...{ file: files, folder: files, study: files, name: files },
};
const OPTIONS: Readonly<Record<string, Names>> = {
  ...{ "--preset": presets, "--to": formats, "--run": runs, "--stage": stages, "--sandbox": ofKind("sandbox") },
  ...{ "--out": files, "--draft": files, "--edit": files, "--queries": files, "--recorded": files },
  "--format": async (typed) => ["auto", ...(await formats(typed))],
  "--until": async (typed) => ["data", ...(await stages(typed)), "all"],
};
/** These stand alone; any other option has its value behind it. */
const FLAG = /^--(?:json|help|full|calls|yes|report|skip-bad|drop|pin|mark|curated|no-.+)$|^-\w$|=/;

/**
 * @param words as the shell has them, from the command to what is being typed, which may be empty
 * @param signatures by a command's name, how it is called: `run <preset>`
 * @returns undefined where it is no name of this kind; nothing where it cannot be told
 */
export async function completions(words: readonly string[], signatures: ReadonlyMap<string, string>): Promise<readonly string[] | undefined> {
  // Not every shell hands over the program's own name.
  const [command = "", ...rest] = /(?:^|\/)autotraj$/.test(words[0] ?? "") ? words.slice(1) : words;
  const current = rest.pop() ?? "";
  const typed = { positionals: rest.filter((word, index) => !word.startsWith("-") && !takesValue(rest[index - 1])) };
  const previous = rest.at(-1);
  const names = takesValue(previous)
    ? OPTIONS[previous ?? ""]
    : current.startsWith("-")
      ? undefined
      : POSITIONALS[argumentAt(signatures.get(command), typed)];
  if (names === undefined) return undefined;
  const found = await names(typed).catch(() => []);
  return found.filter((name) => name.startsWith(current));
}

function takesValue(word: string | undefined): boolean {
  return word?.startsWith("-") === true && !FLAG.test(word);
}

function argumentAt(signature = "", { positionals }: Typed): string {
  return [...signature.matchAll(/[<[]([\w-]+)/g)].map(([, name]) => name)[positionals.length] ?? "";
}
