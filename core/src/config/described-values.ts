/** What a schema says of each option or setting, for people: for `plugin info` and the pages of plugins. */
import type { JsonObject, JsonValue, OptionsSchema } from "../kernel/plugin.ts";

export interface DescribedValue {
  /** Of one inside an object with the object's before it: `lora.rank`. */
  readonly name: string;
  /** `integer, ≥ 1`, `"linear" | "cosine"`, `list of string`. */
  readonly type: string;
  readonly default?: JsonValue;
  readonly isRequired: boolean;
  readonly description: string;
}

/** One for each, those of an object behind it. */
export function describedValues({ properties = {}, required = [] }: Partial<OptionsSchema>, prefix = ""): readonly DescribedValue[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const name = `${prefix}${key}`;
    const { default: preset, description = "" } = schema;
    const about = { name, type: typeOf(schema), isRequired: required.includes(key), description: String(description) };
    return [{ ...about, ...(preset === undefined ? {} : { default: preset }) }, ...describedValues(schema as Partial<OptionsSchema>, `${name}.`)];
  });
}

function typeOf(schema: JsonObject): string {
  const { const: only, enum: values = only === undefined ? undefined : [only], type = "anything", items, additionalProperties } = schema;
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (type === "array") return `list of ${typeOf((items ?? {}) as JsonObject)}`;
  if (type === "object" && typeof additionalProperties === "object") return `names to ${typeOf(additionalProperties as JsonObject)}`;
  return [[type].flat().join(" or "), ...boundsOf(schema)].join(", ");
}

function boundsOf({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: JsonObject): readonly string[] {
  const bounds = Object.entries({ "≥": minimum, ">": exclusiveMinimum, "≤": maximum, "<": exclusiveMaximum });
  return bounds.flatMap(([sign, value]) => (value === undefined ? [] : [`${sign} ${value}`]));
}
