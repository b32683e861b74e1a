/** Turns ajv's errors into one line per mistake: key path, what is wrong, what was expected. */
import type { ErrorObject } from "ajv";
import { didYouMean, nearest } from "./nearest.ts";
import { type Path, pathText } from "./place.ts";
import { shown } from "./shown.ts";

export interface SchemaMistake {
  readonly path: Path;
  readonly text: string;
  /** The key that was probably meant. */
  readonly meant?: Path;
}

export interface Wording {
  /** Where the checked value stands in the preset. */
  readonly prefix: Path;
  /** What a known key is: `a setting`, `an option of this plugin`. */
  readonly noun: string;
  /** A place for a key that is unknown here. */
  elsewhere?(path: Path): string | undefined;
  /** True where the value must not be shown. */
  hidden?(path: Path): boolean;
}

interface SchemaLike {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaLike>>;
}

/** Keywords that only repeat what another error of the same value says. */
const ECHOES = new Set(["if", "anyOf", "oneOf"]);

/** `errors` of an ajv validator made with `allErrors` and `verbose`, for `root`. */
export function describeErrors(errors: readonly ErrorObject[], root: unknown, wording: Wording): SchemaMistake[] {
  return errors
    .filter((error) => !ECHOES.has(error.keyword) && error.propertyName === undefined)
    .map((error) => describe(error, pathOf(error, root), wording));
}

/** Null in place of a value that could be left out as well; an item of a list cannot. */
export function isNullInPlace(error: ErrorObject, root: unknown): boolean {
  return error.data === null && typeof pathOf(error, root).at(-1) === "string";
}

function describe(error: ErrorObject, inner: Path, { prefix, noun, elsewhere, hidden }: Wording): SchemaMistake {
  const { keyword, params } = error;
  const schema = (error.parentSchema ?? {}) as SchemaLike;
  const path = [...prefix, ...inner];
  const mistake = (text: string, at: Path = path, meant?: Path): SchemaMistake => ({
    path: at,
    text: `${pathText(at)} ${text}`,
    ...(meant === undefined ? {} : { meant }),
  });
  const given = hidden?.(inner) === true ? "" : `, but is ${shown(error.data)}`;

  switch (keyword) {
    case "additionalProperties": {
      const key: string = params["additionalProperty"];
      const at = [...path, key];
      const known = Object.keys(schema.properties ?? {}).filter((name) => name !== "$schema");
      const near = nearest(key, known);
      if (near !== undefined) return mistake(`is not ${noun}. ${didYouMean(key, near)}`, at, [...path, near]);
      const list = known.length === 0 ? "There are none." : `Known: ${known.join(", ")}.`;
      return mistake(`is not ${noun}. ${elsewhere?.(at) ?? list}`, at);
    }
    case "required": {
      const key: string = params["missingProperty"];
      return mistake(`is missing${explained(schema.properties?.[key], true)}.`, [...path, key]);
    }
    case "propertyNames": {
      const name: string = params["propertyName"];
      const rule = "is not a possible name: a letter first, then letters, digits, - and _";
      return mistake(name.length > 100 ? `${rule}, at most 100 of them.` : `${rule}.`, [...path, name]);
    }
    case "type":
      return mistake(`must be ${typeName(schema.type)}${given}${explained(schema)}.${given === "" ? "" : slip(error.data, schema.type)}`);
    case "enum": {
      const allowed: readonly unknown[] = params["allowedValues"];
      const near = typeof error.data === "string" ? nearest(error.data, allowed.map(String)) : undefined;
      return mistake(`must be one of ${allowed.join(", ")}${given}.${near === undefined ? "" : ` ${didYouMean(String(error.data), near)}`}`);
    }
    case "const":
      return mistake(`must be ${shown(params["allowedValue"])}${given}${explained(schema)}.`);
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum":
      return mistake(`must be ${BOUNDS[keyword]} ${params["limit"]}${given}.`);
    case "minLength":
      return mistake(params["limit"] === 1 ? "must not be empty." : `must have at least ${params["limit"]} characters${given}.`);
    case "minItems":
    case "maxItems":
      return mistake(`must have at ${keyword === "minItems" ? "least" : "most"} ${params["limit"]} ${params["limit"] === 1 ? "item" : "items"}.`);
    case "uniqueItems":
      return mistake(`holds the same item twice: [${params["i"]}] and [${params["j"]}].`);
    default:
      return mistake(`${error.message ?? `breaks the rule "${keyword}"`}${given}.`);
  }
}

const BOUNDS = { minimum: "at least", maximum: "at most", exclusiveMinimum: "greater than", exclusiveMaximum: "less than" };

/** ` (integer: trajectories per question)`: the first sentence of what the schema says. */
function explained(schema: SchemaLike | undefined, withType = false): string {
  const sentence = schema?.description?.split(/(?<!\b(?:e\.g|i\.e))\.(?:\s|$)/, 1)[0];
  const type = withType && typeof schema?.type === "string" ? schema.type : undefined;
  const parts = [type, sentence].filter((part) => part !== undefined);
  return parts.length === 0 ? "" : ` (${parts.join(": ")})`;
}

/** What was most often meant by a text in place of something else. */
function slip(given: unknown, type: SchemaLike["type"]): string {
  if (typeof given !== "string") return "";
  if ((type === "integer" || type === "number") && /^-?\d+(?:\.\d+)?$/.test(given)) return " Write it without quotes.";
  if (type === "integer" && /^\d{1,3}(?:[_',. ]\d{3})+$/.test(given)) return ` Write ${given.replaceAll(/\D/g, "")}.`;
  if (type === "boolean" && /^(?:yes|no|on|off)$/i.test(given)) return ` Write ${/^(?:yes|on)$/i.test(given)}.`;
  return type === "object" && /^[\w-]+:\S/.test(given) ? " A space is missing behind the colon." : "";
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  integer: "an integer",
  number: "a number",
  string: "a string",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  null: "null",
};

function typeName(type: SchemaLike["type"]): string {
  if (typeof type === "object") return type.map((name) => (name === "boolean" ? "a boolean" : (TYPE_NAMES[name] ?? name))).join(" or ");
  return TYPE_NAMES[type ?? ""] ?? String(type);
}

/** Where ajv found it, array indexes as numbers. */
export function pathOf({ instancePath }: ErrorObject, root: unknown): Path {
  const path: (string | number)[] = [];
  let value: unknown = root;
  for (const part of instancePath.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    path.push(Array.isArray(value) ? Number(key) : key);
    value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
  }
  return path;
}
