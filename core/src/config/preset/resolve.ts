/** From a name to a preset that can be run: read, check, merge, fill in, remember who set what. */
import { createHash } from "node:crypto";
import { basename, dirname, extname, isAbsolute, join, resolve } from "node:path";
import { deepFreeze } from "../../kernel/freeze.ts";
import type { JsonObject, JsonValue } from "../../kernel/plugin.ts";
import type { Path } from "../../messages/place.ts";
import { shown } from "../../messages/shown.ts";
import { nameProblem } from "../names.ts";
import { checkFile, checkWhole } from "./check.ts";
import { type Layers, readLayers } from "./layers.ts";
import { find, type Located, type LocatedObject, type Place, parsePath, placeOf } from "./located.ts";
import { mergeLayers, type Removed } from "./merge.ts";
import { type Problem, presetError } from "./problems.ts";
import { readObject } from "./read.ts";
import type { Preset } from "./schema.ts";
import { type Absent, redactReferences, resolveSecrets } from "./secrets.ts";
import { type PlacedSetting, readSetting } from "./set.ts";

export interface ResolveOptions {
  /** What a relative `ref` and relative paths in `set` mean from. */
  readonly cwd: string;
  /** `plugins.policy.options.model=qwen3-8b`: the key path, and a YAML scalar, list or object in flow style. */
  readonly set?: readonly (string | PlacedSetting)[];
  /** Where `$env` looks. Default: the process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Set by who only looks at the preset, and takes it with mistakes. */
  readonly looking?: Looking;
}

/** What is noticed where a preset is looked at and not run. */
export interface Looking {
  /** Goes on with what is right, and with something in place of values that are not there. */
  readonly absent: Absent;
  readonly mistakes: unknown[];
}

export interface PluginEntry {
  readonly id: string;
  readonly use: string;
  /** Frozen, secrets filled in, not yet checked against the plugin's schema. */
  readonly options: Readonly<JsonObject>;
  /** Folder of the file that set `use`: packages and `./x.js` resolve from here. */
  readonly baseDir: string;
  /** Where `use` was set. */
  readonly declaredAt: Pick<Place, "file" | "line">;
  /** Key paths, from the options' root, whose values are written nowhere in the preset, as a `secret: true` option demands. */
  readonly secretPaths: ReadonlySet<string>;
}

export interface ResolvedPreset {
  readonly name: string;
  /** Absolute path of the preset asked for. */
  readonly file: string;
  /** All files it was made from, lowest priority first. */
  readonly layers: readonly { readonly file: string }[];
  /** With their defaults. */
  readonly settings: Preset;
  /** In the order of first appearance. */
  readonly plugins: readonly PluginEntry[];
  /** What presets take back by null, and remove by false. */
  readonly removed: readonly Removed[];
  /** Who set the value at this key path; undefined for a default. */
  originOf(path: string): Place | undefined;
  /** The preset with `<from NAME>` for every secret and question files as they were written: safe to store and to show. */
  redacted(): JsonObject;
  /**
   * SHA-256 (hex) of what decides the loop's results: the redacted preset without name, description, folders, what only decides how fast they come, what only
   * stages read, and the plugins of these ids. Stages of training know their own inputs.
   */
  identity(leavingOut?: ReadonlySet<string>): string;
  /** All values from `$env` and `$file`, secret or not. */
  readonly secrets: readonly string[];
}

/**
 * @param ref a file, a folder with a preset.yaml, a package, or a name such as `quickstart` for `@autotraj/preset-quickstart`.
 * @throws one AutoTrajError with all mistakes of all files: ATRAJ_PRESET_NOT_FOUND, _SYNTAX, _CYCLE, ATRAJ_SECRET_MISSING, or ATRAJ_PRESET_INVALID
 * where there is more than one kind.
 */
export async function resolvePreset(ref: string, options: ResolveOptions): Promise<ResolvedPreset> {
  return resolveLayers(ref, await readLayers(ref, options.cwd), options);
}

/** Where a preset was written in a program: what messages name in place of a file. */
const IN_CODE = "createRun";

/**
 * A preset written as an object in a program, checked like one of a file. Relative paths and packages in it mean from `cwd`.
 * @throws as {@link resolvePreset}
 */
export function resolveInCode(preset: object, { cwd, env = process.env }: Omit<ResolveOptions, "set">): ResolvedPreset {
  const file = join(cwd, IN_CODE);
  const tree = readObject(preset, { file, line: 0, folder: cwd });
  return resolveLayers(IN_CODE, "kind" in tree ? { layers: [{ file, tree }], problems: [] } : { layers: [], problems: tree }, { cwd, set: [], env });
}

function resolveLayers(
  ref: string,
  { layers, problems: readProblems }: Layers,
  { cwd, set = [], env = process.env, looking }: ResolveOptions,
): ResolvedPreset {
  const settings = set.map((setting) => readSetting(setting, cwd));
  const trees = [...layers.map(({ tree }) => tree), ...settings.filter((setting) => "kind" in setting)];
  const unread = [...readProblems, ...settings.flatMap((setting) => ("kind" in setting ? [] : setting))];

  const files = trees.map(checkFile);
  const fileProblems = files.flatMap(({ problems }) => problems);
  const top = layers.at(-1);
  const topTree = files[layers.length - 1]?.tree;
  if (top === undefined || topTree === undefined) throw presetError(ref, [...unread, ...fileProblems], cwd);

  const merged = mergeLayers(
    files.map(({ tree }) => tree),
    topTree,
  );
  const at: Place = { file: top.file, line: 0, folder: dirname(top.file) };
  const reported = files.flatMap((file) => file.reported);
  const whole = checkWhole(merged, at, reported);
  const entries = pluginEntries(merged.root, env, looking?.absent);
  // A layer that could not be read may hold what seems to be missing.
  const wholeProblems = unread.length > 0 ? [] : [...merged.problems, ...whole.problems];
  const name = typeof whole.preset.name === "string" ? whole.preset.name : nameOf(top.file);
  const misnamed = nameMistake(name, find(merged.root, ["name"])?.at ?? at);
  const problems = [...unread, ...fileProblems, ...wholeProblems, ...misnamed, ...entries.flatMap((entry) => entry.problems)];
  if (problems.length > 0) {
    const error = presetError(ref, inReadingOrder(problems, [top.file, ...layers.map(({ file }) => file)]), cwd);
    // What could not be read may hold anything: all else would be guessing.
    if (looking === undefined || unread.length > 0 || whole.preset.plugins === undefined) throw error;
    looking.mistakes.push(error);
  }

  const redacted = redactedPreset(whole.preset);
  return {
    name,
    file: top.file,
    layers: layers.map(({ file }) => ({ file })),
    settings: deepFreeze(withAbsolutePaths(whole.preset, merged.root)),
    plugins: entries.map(({ entry }) => entry),
    removed: merged.removed,
    originOf: (text) => {
      const path = parsePath(text);
      return path === undefined ? undefined : find(merged.root, path)?.at;
    },
    redacted: () => structuredClone(redacted),
    identity: (leavingOut = new Set()) =>
      createHash("sha256")
        .update(JSON.stringify(hashed(redacted, leavingOut)))
        .digest("hex"),
    secrets: [...new Set(entries.flatMap(({ secrets }) => secrets))],
  };
}

function pluginEntries(
  root: LocatedObject,
  env: NodeJS.ProcessEnv,
  absent: Absent | undefined,
): { entry: PluginEntry; secrets: readonly string[]; problems: readonly Problem[] }[] {
  const plugins = root.entries.get("plugins");
  if (plugins?.kind !== "object") return [];
  return [...plugins.entries].map(([id, node]) => {
    const prefix: Path = ["plugins", id, "options"];
    const options: Located = find(node, ["options"]) ?? { kind: "object", entries: new Map(), at: node.at };
    const use = find(node, ["use"]);
    const { value, secrets, secretPaths, problems } = resolveSecrets(options, prefix, env, absent);
    const declaredAt = use?.at ?? node.at;
    const entry: PluginEntry = {
      id,
      use: use?.kind === "scalar" ? String(use.value) : "",
      options: deepFreeze(value as JsonObject),
      baseDir: declaredAt.folder,
      declaredAt,
      secretPaths,
    };
    return { entry, secrets, problems };
  });
}

/** The command line, the user's own file, then what it extends; line by line. */
function inReadingOrder(problems: readonly Problem[], files: readonly string[]): Problem[] {
  const rank = ({ at }: Problem): number => {
    if (at === undefined || !isAbsolute(at.file)) return -1;
    return files.includes(at.file) ? files.indexOf(at.file) : files.length;
  };
  return [...problems].sort((a, b) => rank(a) - rank(b) || (a.at?.line ?? 0) - (b.at?.line ?? 0));
}

function withAbsolutePaths(preset: Preset, root: LocatedObject): Preset {
  const paths = (["train", "evaluate"] as const).flatMap((key) => {
    const path = preset.queries[key];
    return path === undefined ? [] : [[key, resolve(placeOf(root, ["queries", key]).folder, path)]];
  });
  const recorded = preset.queries.recorded?.map(({ file, ...log }, index) => ({
    ...log,
    file: resolve(placeOf(root, ["queries", "recorded", index, "file"]).folder, file),
  }));
  const queries = { ...preset.queries, ...Object.fromEntries(paths), ...(recorded === undefined ? {} : { recorded }) };
  return { ...preset, queries, plugins: withOptions(preset.plugins, (options) => options) };
}

function withOptions(plugins: Preset["plugins"], change: (options: JsonValue) => JsonValue): Preset["plugins"] {
  return Object.fromEntries(Object.entries(plugins).map(([id, { use, options = {} }]) => [id, { use, options: change(options) as JsonObject }]));
}

function redactedPreset(preset: Preset): JsonObject {
  return structuredClone({ ...preset, plugins: withOptions(preset.plugins, redactReferences) }) as unknown as JsonObject;
}

/** Key order decides nothing but for plugins, whose order is the order of taps. */
function hashed(
  { name: _name, description: _description, stages: _stages, ablations: _ablations, reward: _reward, ...preset }: JsonObject,
  leavingOut: ReadonlySet<string>,
): JsonValue {
  const withoutFolders = (value: JsonValue): JsonValue => {
    if (Array.isArray(value)) return value.map(withoutFolders);
    if (typeof value === "string") return isAbsolute(value) ? basename(value) : value;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, withoutFolders(child)]));
  };
  const { inFlight: _inFlight, ...rollout } = preset["rollout"] as JsonObject;
  const {
    hookTimeoutMs: _hookTimeoutMs,
    startTimeoutMs: _startTimeoutMs,
    cache: _cache,
    rounds: _rounds,
    environment: _environment,
    ...run
  } = preset["run"] as JsonObject;
  const { evaluate: _evaluate, ...queries } = preset["queries"] as JsonObject;
  const plugins = Object.entries(preset["plugins"] as JsonObject).filter(([id]) => !leavingOut.has(id));
  return sorted({ ...preset, queries: withoutFolders(queries), rollout, run, plugins });
}

function sorted(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key] ?? null)]),
  );
}

/** Runs lie in folders of their preset's name. */
function nameMistake(name: string, at: Place): Problem[] {
  const problem = nameProblem(name);
  if (problem === undefined) return [];
  return [{ code: "ATRAJ_PRESET_INVALID", text: `name: ${shown(name)} ${problem}; runs are kept in a folder of this name.`, at }];
}

function nameOf(file: string): string {
  const name = basename(file, extname(file));
  return (name === "preset" || name === "index" ? basename(dirname(file)) : name).replace(/^(?:autotraj-)?preset-/, "");
}
