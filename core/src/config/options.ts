/** Checks one plugin's options against its schema: defaults on a copy, one line per mistake, nothing thrown. */
import { resolve } from "node:path";
import { Ajv, type ValidateFunction } from "ajv";
import { type ErrorCode, messageOf } from "../kernel/errors.ts";
import { deepFreeze } from "../kernel/freeze.ts";
import type { JsonObject, JsonValue, OptionsSchema, Plugin } from "../kernel/plugin.ts";
import { keepSecret, SHORTEST_SECRET } from "../kernel/redaction.ts";
import { type Path, pathText, placeText } from "../messages/place.ts";
import { describeErrors, isNullInPlace, pathOf } from "../messages/schema-mistakes.ts";
import { shown } from "../messages/shown.ts";
import type { Place } from "./preset/located.ts";
import type { PluginEntry } from "./preset/resolve.ts";

export type OptionsOutcome =
  | { readonly options: Readonly<JsonObject> }
  /** One line per mistake with key path and place, and the code of the gravest. */
  | { readonly problems: readonly string[]; readonly code: ErrorCode & ("ATRAJ_PLUGIN_INVALID" | "ATRAJ_SECRET_LITERAL" | "ATRAJ_OPTIONS_INVALID") };

/** Who set the value at a key path of the preset; see `ResolvedPreset.originOf`. */
export type OriginOf = (path: string) => Place | undefined;

/**
 * Ours, beside JSON Schema's own. `secret: true`: the value must come from `{ $env }` or `{ $file }` and is hidden wherever text leaves the program; `secret: false`:
 * it is not hidden, wherever it comes from. `path`: it means from the file that set it.
 */
const MARKS = ["secret", "path"] as const;
type Mark = (typeof MARKS)[number];

const ajv = new Ajv({ allErrors: true, verbose: true, strict: true, useDefaults: true, keywords: [...MARKS] });

/** The options with defaults and absolute paths, deep-frozen; or all that is wrong with them. From here on their secrets are hidden. */
export function validateOptions(
  plugin: Pick<Plugin, "meta">,
  entry: Pick<PluginEntry, "id" | "options" | "declaredAt" | "secretPaths">,
  originOf: OriginOf,
): OptionsOutcome {
  const { name, options: schema } = plugin.meta;
  const { secretPaths } = entry;
  const line = (text: string, at: Pick<Place, "file" | "line"> = entry.declaredAt): string => `${text} (${placeText(at)})`;
  const broken = brokenSchema(schema);
  if (broken.length > 0) {
    const problems = broken.map((what) => line(`plugins.${entry.id}: the options schema of ${name} ${ended(what)}`));
    return { code: "ATRAJ_PLUGIN_INVALID", problems };
  }

  const prefix: Path = ["plugins", entry.id, "options"];
  const options = structuredClone(entry.options) as JsonObject;
  const validate = compiled(schema);
  const secrets = markedValues("secret", schema, options);
  const literals = secrets.filter((path) => !secretPaths.has(pathText(path)));
  const short = hideSecrets(schema, options, secretPaths);
  for (const path of markedValues("path", schema, options)) makeAbsolute(options, path, placeAround([...prefix, ...path], originOf)?.folder);
  const isValid = validate(options) || (takeBack(validate, options) && validate(options));
  if (isValid && literals.length + short.length === 0) return { options: deepFreeze(options) };

  const secretTexts = new Set([...secretPaths, ...secrets.map(pathText)]);
  const mistakes = [
    ...literals.map((path) => ({
      path: [...prefix, ...path],
      text: `${pathText([...prefix, ...path])} is a secret and must not be written in a preset: use { $env: NAME } or { $file: path }, without a default.`,
    })),
    ...short.map((path) => ({
      path: [...prefix, ...path],
      text: `${pathText([...prefix, ...path])} is a secret of fewer than ${SHORTEST_SECRET} characters: it could not be kept out of texts without tearing holes into them. Use a longer one, or leave the option out where none is asked for.`,
    })),
    ...(isValid
      ? []
      : describeErrors(validate.errors ?? [], options, {
          prefix,
          noun: "an option of this plugin",
          hidden: (path) => secretTexts.has(pathText(path)),
        })),
  ];
  return {
    code: literals.length > 0 ? "ATRAJ_SECRET_LITERAL" : "ATRAJ_OPTIONS_INVALID",
    problems: mistakes.map(({ path, text }) => {
      const own = path.slice(prefix.length);
      const isDefault = valueAt(options, own) !== undefined && valueAt(entry.options, own) === undefined;
      return line(
        isDefault ? `${text} That is its plugin's own default, for its author to correct in meta.options.` : text,
        placeAround(path, originOf),
      );
    }),
  };
}

export type SettingsOutcome =
  | { readonly settings: Readonly<JsonObject> }
  | { readonly problems: readonly string[]; readonly code: ErrorCode & ("ATRAJ_PLUGIN_INVALID" | "ATRAJ_STAGE_INPUT") };

/** As {@link validateOptions}, for the settings of a stage, which hold no secrets. @param prefix where they stand in the preset */
export function validateSettings(schema: OptionsSchema | undefined, given: Readonly<JsonObject>, prefix: Path, originOf: OriginOf): SettingsOutcome {
  const broken = schema === undefined ? ["is missing"] : brokenSchema(schema);
  if (schema === undefined || broken.length > 0)
    return { code: "ATRAJ_PLUGIN_INVALID", problems: broken.map((what) => `The schema of its settings ${ended(what)}`) };
  const settings = structuredClone(given) as JsonObject;
  for (const path of markedValues("path", schema, settings)) makeAbsolute(settings, path, placeAround([...prefix, ...path], originOf)?.folder);
  const validate = compiled(schema);
  if (validate(settings)) return { settings: deepFreeze(settings) };
  const mistakes = describeErrors(validate.errors ?? [], settings, { prefix, noun: "a setting of this stage" });
  const placed = mistakes.map(({ path, text }) => {
    const place = placeAround(path, originOf);
    return place === undefined ? text : `${text} (${placeText(place)})`;
  });
  return { code: "ATRAJ_STAGE_INPUT", problems: placed };
}

/** Hides the values that were written nowhere in the preset and are no mere settings. Returns the paths of secrets that are too short for that. */
function hideSecrets(schema: object, options: JsonValue, secretPaths: ReadonlySet<string>): Path[] {
  return textsIn(options).flatMap(({ path, text }) => {
    if (!secretPaths.has(pathText(path))) return [];
    const isMarked = secretMark(schema, path);
    if (isMarked ?? looksSecret(text)) keepSecret(text);
    return isMarked === true && text !== "" && text.length < SHORTEST_SECRET ? [path] : [];
  });
}

/** Of options that their plugin has not marked: paths, addresses without credentials and texts of several lines are settings. */
function looksSecret(text: string): boolean {
  if (/^(?:[/~]|\.{1,2}\/|[A-Za-z]:\\)/.test(text) || /[\r\n]/.test(text)) return false;
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(text) || !URL.canParse(text)) return true;
  const { username, password, search } = new URL(text);
  return `${username}${password}${search}` !== "";
}

/** What the schema says of the value at this path, or of the closest value around it of which it says anything. */
function secretMark(node: SchemaNode | object, [key, ...rest]: Path): boolean | undefined {
  const { properties = {}, additionalProperties, items, secret } = node as SchemaNode;
  const mark = typeof secret === "boolean" ? secret : undefined;
  if (key === undefined) return mark;
  const inner = typeof key === "number" ? items : Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
  return (typeof inner === "object" ? secretMark(inner, rest) : undefined) ?? mark;
}

function textsIn(value: JsonValue, path: Path = []): { path: Path; text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsIn(item, [...path, index]));
  return Object.entries(value).flatMap(([key, child]) => textsIn(child, [...path, key]));
}

interface SchemaNode {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: boolean | SchemaNode;
  readonly items?: SchemaNode;
}

function compiled(schema: object): ValidateFunction {
  return ajv.compile(schema);
}

/** What is wrong with a plugin's schema: its author's mistake, not the user's. */
function brokenSchema(schema: unknown): string[] {
  if (typeof schema !== "object" || schema === null)
    return [`is ${shown(schema)}; it must be an object: { type: "object", additionalProperties: false, properties: {} }`];
  try {
    JSON.stringify(schema);
  } catch {
    return ["contains itself, or values that JSON does not have; it must be plain data"];
  }
  const rules = schemaFaults(schema);
  if (rules.length > 0) return rules;
  try {
    compiled(schema);
    return [];
  } catch (error) {
    const [first] = describeErrors(ajv.errors ?? [], schema, { prefix: ["options"], noun: "a keyword of JSON Schema" });
    return [`is not a valid JSON Schema: ${first?.text ?? `${inWords(messageOf(error))}.`}`];
  }
}

/** What ajv says of a schema that it cannot compile, without its own terms. */
function inWords(message: string): string {
  return SCHEMA_WORDS.reduce((said, [theirs, ours]) => said.replace(theirs, ours), message);
}

const SCHEMA_WORDS: readonly (readonly [RegExp, string])[] = [
  [/^strict mode: required property (".*") is not defined at .*$/, "it requires $1, which is not among its properties"],
  [/^strict mode: unknown keyword: (".*")$/, "JSON Schema has no keyword $1"],
  [/^strict mode: missing type (".*") for keyword (".*") at .*$/, "beside $2 it needs type $1"],
  [/^can't resolve reference (\S+) from id .*$/, "it refers to $1, which is not in it"],
  [/^unknown format (".*") ignored in schema at path .*$/, "JSON Schema has no format $1 that is known here"],
  [/^strict mode: /, ""],
];

function ended(sentence: string): string {
  return /[.?]$/.test(sentence) ? sentence : `${sentence}.`;
}

/** Where a schema takes anything, or says nothing of what it takes. */
export function schemaFaults(schema: object): string[] {
  return openOrUndescribed(schema as SchemaNode, []);
}

function openOrUndescribed(node: SchemaNode, path: Path): string[] {
  const where = path.length === 0 ? "" : ` at ${pathText(path)}`;
  const isObject = path.length === 0 || node.properties !== undefined;
  const open = isObject && (node["type"] !== "object" || node.additionalProperties !== false);
  const undescribed = path.length > 0 && (typeof node["description"] !== "string" || node["description"] === "");
  const properties = Object.entries(node.properties ?? {}).flatMap(([key, child]) => openOrUndescribed(child, [...path, key]));
  const items = node.items?.properties === undefined ? [] : openOrUndescribed({ description: "-", ...node.items }, [...path, "items"]);
  return [
    ...(open ? [`is not closed${where}: it needs type "object" and additionalProperties false, so that a misspelt option is noticed`] : []),
    ...(undescribed ? [`says nothing of ${pathText(path)}: it needs a description`] : []),
    ...properties,
    ...items,
  ];
}

/** Key paths of the non-empty values whose schema carries the mark. */
function markedValues(mark: Mark, node: SchemaNode | object, value: JsonValue, path: Path = []): Path[] {
  const { properties = {}, additionalProperties, items, [mark]: isMarked } = node as SchemaNode;
  if (isMarked === true) return value === "" || value === null ? [] : [path];
  if (typeof value !== "object" || value === null) return [];
  if (Array.isArray(value)) return items === undefined ? [] : value.flatMap((item, index) => markedValues(mark, items, item, [...path, index]));
  return Object.entries(value).flatMap(([key, child]) => {
    const schema = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    return typeof schema === "object" ? markedValues(mark, schema, child, [...path, key]) : [];
  });
}

/** Null in place of an option takes it back, so that the default holds, unless the schema takes null as a value. True where something was taken back. */
function takeBack({ errors }: ValidateFunction, options: JsonObject): boolean {
  const refused = (errors ?? []).filter((error) => isNullInPlace(error, options)).map((error) => pathOf(error, options));
  for (const path of refused) delete holderOf(options, path)[path.at(-1) ?? ""];
  return refused.length > 0;
}

function makeAbsolute(options: JsonObject, path: Path, folder: string | undefined): void {
  const fields = holderOf(options, path);
  const key = path.at(-1) ?? "";
  const value = fields[key];
  if (typeof value === "string" && folder !== undefined) fields[key] = resolve(folder, value);
}

function holderOf(options: JsonObject, path: Path): Record<string | number, JsonValue> {
  const fields = (value: JsonValue) => value as Record<string | number, JsonValue>;
  return fields(path.slice(0, -1).reduce<JsonValue>((value, key) => fields(value)[key] ?? {}, options));
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (Object(inner) as Record<string | number, unknown>)[key], value);
}

/** The place of the value, or of the closest thing around it that somebody set. */
function placeAround(path: Path, originOf: OriginOf): Place | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const place = originOf(pathText(path.slice(0, length)));
    if (place !== undefined) return place;
  }
  return undefined;
}
