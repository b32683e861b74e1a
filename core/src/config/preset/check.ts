/** Checks preset files against the schema, each on its own, and what they make together. */
import { Ajv, type ValidateFunction } from "ajv";
import type { JsonValue } from "../../kernel/plugin.ts";
import { pluginOf } from "../../kernel/provider-name.ts";
import { didYouMean, nearest } from "../../messages/nearest.ts";
import { type Path, pathText } from "../../messages/place.ts";
import { describeErrors, isNullInPlace, type SchemaMistake } from "../../messages/schema-mistakes.ts";
import { nameProblem } from "../names.ts";
import { find, type Located, type LocatedObject, type Place, placeOf, plain, without } from "./located.ts";
import type { Merged } from "./merge.ts";
import type { Problem } from "./problems.ts";
import { type Ablation, DETECT, PRESET_SCHEMA, type Preset } from "./schema.ts";
import { isSecretReference } from "./secrets.ts";

const ajvOptions = { validateSchema: false, allErrors: true, verbose: true, strict: true, allowUnionTypes: true } as const;
/** Compiled where the first preset is checked: most commands read none, and compiling takes a quarter of the time that the program needs to start. */
let fileCheck: ValidateFunction | undefined;
let wholeCheck: ValidateFunction | undefined;

export interface CheckedFile {
  /** The file less what is wrong in it, so that the rest can be merged and checked too. */
  readonly tree: LocatedObject;
  readonly problems: readonly Problem[];
  /** Where something was wrong or probably meant: no use complaining twice. */
  readonly reported: readonly Path[];
}

/** One file may leave anything out, or take it back by null, but what it says must be right. */
export function checkFile(tree: LocatedObject): CheckedFile {
  const value = plain(tree);
  fileCheck ??= new Ajv(ajvOptions).compile(withoutRequired(PRESET_SCHEMA));
  const errors = fileCheck(value) ? [] : (fileCheck.errors ?? []).filter((error) => !isNullInPlace(error, value));
  const mistakes = describeErrors(errors, value, { prefix: [], noun: "a setting", elsewhere });
  const misplaced = misplacedSecrets(tree);
  const problems = [...mistakes, ...misplaced].map(({ path, text }) => invalid(text, placeOf(tree, path)));
  const wrong = [...mistakes, ...misplaced].map(({ path }) => path);
  const meant = mistakes.flatMap(({ meant: path }) => (path === undefined ? [] : [path]));
  return { tree: wrong.filter((path) => path.length > 0).reduce(without, tree), problems, reported: [...wrong, ...meant] };
}

/** The merged preset with its defaults, and what is still missing or does not fit together. `top` is where missing things belong that nobody took back. */
export function checkWhole({ root, removed }: Merged, top: Place, reported: readonly Path[]): { preset: Preset; problems: readonly Problem[] } {
  const value = plain(root);
  wholeCheck ??= new Ajv({ ...ajvOptions, useDefaults: true }).compile(PRESET_SCHEMA);
  const mistakes = wholeCheck(value) ? [] : describeErrors(wholeCheck.errors ?? [], value, { prefix: [], noun: "a setting" });
  const preset = inSchemaOrder(value, PRESET_SCHEMA) as unknown as Preset;
  const all: Pick<SchemaMistake, "path" | "text">[] = [...mistakes, ...references(root, preset, reported)];
  const fresh = all.filter(({ path }) => !reported.some((other) => overlaps(path, other)));
  const takenBackAt = (path: Path): Place | undefined => removed.find((taken) => overlaps(path, taken.path))?.at;
  const problems = fresh.map(({ path, text }) => invalid(text, find(root, path)?.at ?? takenBackAt(path) ?? top));
  return { preset, problems };
}

const NO_POLICY =
  "rollout.policy is missing (string: Plugin id of the policy that writes the candidates). Only a preset with queries.recorded does without.";

/** Ids that name no plugin, and limits that contradict each other. The preset may still be incomplete here. */
function references(
  root: LocatedObject,
  { plugins = {}, rollout, queries, stages, ablations }: Preset,
  reported: readonly Path[],
): { path: Path; text: string }[] {
  const ids = Object.keys(plugins);
  const unknown = (path: Path, id: unknown): { path: Path; text: string }[] => {
    if (typeof id !== "string" || ids.includes(id) || reported.some((other) => overlaps(["plugins", id], other))) return [];
    const near = nearest(id, ids);
    const help = near === undefined ? `Plugins: ${ids.join(", ") || "none"}.` : didYouMean(id, near);
    return [{ path, text: `${pathText(path)} is "${id}", but no plugin has this id. ${help}` }];
  };
  const sources = queries?.recorded;
  const { maxTurns, maxToolCalls } = rollout ?? {};
  const limit: Path = ["rollout", find(root, ["rollout", "maxTurns"]) === undefined ? "maxToolCalls" : "maxTurns"];
  const turns = `rollout.maxTurns (${maxTurns}) must be greater than rollout.maxToolCalls (${maxToolCalls}): the last turn answers.`;
  return [
    ...((sources ?? []).length === 0 && rollout?.policy === undefined ? [{ path: ["rollout", "policy"], text: NO_POLICY }] : []),
    // Recorded candidates need no policy: an inherited name may point to one that was removed.
    ...((sources ?? []).length > 0 ? [] : unknown(["rollout", "policy"], rollout?.policy)),
    ...(sources ?? []).flatMap(({ format }, index) => (format === DETECT ? [] : unknown(["queries", "recorded", index, "format"], format))),
    // `id/name` is one of the plugin's several tools; which there are is known when it has started.
    ...(rollout?.tools ?? []).flatMap((id, index) => unknown(["rollout", "tools", index], typeof id === "string" ? pluginOf(id) : id)),
    ...(maxTurns <= maxToolCalls ? [{ path: limit, text: turns }] : []),
    ...Object.entries(ablations ?? {}).flatMap(([name, ablation]) => ablationMistakes(name, ablation, stages ?? {})),
  ];
}

function ablationMistakes(name: string, ablation: Partial<Ablation>, stages: Preset["stages"]): { path: Path; text: string }[] {
  const own: Path = ["ablations", name];
  const { stage, settings = {} } = ablation;
  const isLost = stage !== undefined && stages[stage] === undefined;
  const problem = nameProblem(name);
  const checks: readonly (readonly [isWrong: boolean, text: string, path: Path])[] = [
    [RESERVED_NAMES.includes(name.toLowerCase()), " has the name of a model that every run may have. Call it something else.", own],
    [problem !== undefined, `: the name ${problem}; its model is kept in a folder of this name. Call it something else.`, own],
    [isLost, ` changes stage "${stage}", which the preset does not have. Add stages.${stage}, or remove the ablation with false.`, [...own, "stage"]],
    ["trainer" in settings, ": an ablation is trained by its stage's trainer; leave settings.trainer out.", [...own, "settings", "trainer"]],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, text, path]) => ({ path, text: `${pathText(own)}${text}` }));
}

const RESERVED_NAMES: readonly string[] = ["base", "sft", "reward-model", "rl", "evaluate", "data"];

/** Settings in the order of the schema, so that every resolved preset reads the same way; free keys (plugin ids, weights) keep theirs. */
function inSchemaOrder(value: JsonValue, { properties = {} }: SchemaNode): JsonValue {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const known = Object.keys(properties).filter((key) => key in value);
  const free = Object.keys(value).filter((key) => !known.includes(key));
  return Object.fromEntries([...known, ...free].map((key) => [key, inSchemaOrder(value[key] ?? null, properties[key] ?? {})]));
}

/** In open objects a `{ $env }` would pass the schema and reach its reader as an object; in place of all of a plugin's options, as a text. */
function misplacedSecrets(tree: LocatedObject): { path: Path; text: string }[] {
  const walk = (node: Located | undefined, path: Path, isDeep: boolean): { path: Path; text: string }[] => {
    if (node === undefined || node.kind === "scalar") return [];
    if (isSecretReference(node)) return [{ path, text: `${pathText(path)} is a secret; $env and $file work inside a plugin's options only.` }];
    const inner = node.kind === "array" ? [...node.items.entries()] : [...node.entries];
    return isDeep ? inner.flatMap(([key, child]) => walk(child, [...path, key], isDeep)) : [];
  };
  const plugins = tree.entries.get("plugins");
  const ids = plugins?.kind === "object" ? [...plugins.entries.keys()] : [];
  const options = ids.map((id): Path => ["plugins", id, "options"]).flatMap((path) => walk(find(tree, path), path, false));
  return [...options, ...["stages", "ablations"].flatMap((section) => walk(tree.entries.get(section), [section], true))];
}

/** Where a key would be right that is wrong here. */
function elsewhere(path: Path): string | undefined {
  const key = String(path.at(-1));
  if (path[0] === "plugins") return `An option of the plugin belongs in ${pathText([...path.slice(0, -1), "options", key])}.`;
  const home = SETTINGS.find((setting) => setting.at(-1) === key);
  return home === undefined ? undefined : `Did you mean "${pathText(home)}"?`;
}

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}
const SETTINGS: readonly Path[] = settings(PRESET_SCHEMA as SchemaNode);

function settings({ properties = {} }: SchemaNode): Path[] {
  return Object.entries(properties).flatMap(([key, child]) => [[key], ...settings(child).map((path) => [key, ...path])]);
}

function overlaps(a: Path, b: Path): boolean {
  return a.slice(0, b.length).every((segment, index) => segment === b[index]);
}

function withoutRequired(schema: object): object {
  return JSON.parse(JSON.stringify(schema, (key, value: unknown) => (key === "required" ? undefined : value)));
}

function invalid(text: string, at: Place): Problem {
  return { code: "ATRAJ_PRESET_INVALID", text, at };
}
