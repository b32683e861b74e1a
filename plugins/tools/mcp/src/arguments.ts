/** Checks a call's arguments against the tool's own schema before the server sees them: what is wrong is told in words that a model can act on. */
import { type JsonObject, PluginError } from "@autotraj/core/plugin";
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";

/** What is wrong with the arguments, or undefined. */
export type ArgumentsCheck = (args: JsonObject) => string | undefined;

/** Lenient about the schema (servers invent keywords), strict about the arguments; nothing is filled in or converted. */
const OPTIONS: Options = { strict: false, allErrors: true, verbose: true, validateSchema: false, addUsedSchema: false, unicodeRegExp: false };
/** More would only bury the first. */
const MISTAKES_SHOWN = 5;

/** MCP's default is 2020-12; a schema that names an older draft is read as draft 7. @throws PluginError SCHEMA_UNUSABLE */
export function argumentsCheck(schema: JsonObject): ArgumentsCheck {
  const draft = schema["$schema"];
  const ajv = typeof draft === "string" && !draft.includes("2020-12") ? new Ajv(OPTIONS) : new Ajv2020(OPTIONS);
  formats.default(ajv);
  const { $schema: _, ...body } = schema;
  let validate: ValidateFunction;
  try {
    validate = ajv.compile(body);
  } catch (error) {
    throw new PluginError("SCHEMA_UNUSABLE", (error as Error).message, { cause: error });
  }
  // A number of more digits than a double holds is a number.
  return (args) => (validate(JSON.parse(JSON.stringify(args))) ? undefined : described(validate.errors ?? []));
}

function described(errors: readonly ErrorObject[]): string {
  const mistakes = [...new Set(errors.map(describe))];
  const more = mistakes.length - MISTAKES_SHOWN;
  return [...mistakes.slice(0, MISTAKES_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

function describe({ instancePath, keyword, params, message, data }: ErrorObject): string {
  const at = instancePath.slice(1).replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~");
  const inside = at === "" ? "" : ` in ${at}`;
  const field = at === "" ? "the arguments" : at;
  switch (keyword) {
    case "required":
      return `"${params["missingProperty"]}" is missing${inside}`;
    case "additionalProperties":
      return `there is no "${params["additionalProperty"]}"${inside}`;
    case "unevaluatedProperties":
      return `there is no "${params["unevaluatedProperty"]}"${inside}`;
    case "enum":
      return `${field} must be one of ${(params["allowedValues"] as unknown[]).map((value) => JSON.stringify(value)).join(", ")}`;
    case "const":
      return `${field} must be ${JSON.stringify(params["allowedValue"])}`;
    case "type":
      return `${field} must be ${[params["type"]].flat().join(" or ")}, not ${data === null ? "null" : Array.isArray(data) ? "array" : typeof data}`;
    default:
      return `${field} ${message ?? `breaks the rule "${keyword}"`}`;
  }
}
