/** What a preset may say in a plugin's `options`, in one file: anything of it, null in place of it, and `{ $env }` or `{ $file }` in place of a text. */
import { definition, eachOf, nullable, type SchemaNode } from "./schema-node.ts";

/** Of all plugins: the place of a value that is written nowhere in the preset. */
export const REFERENCE = "reference";

export const REFERENCE_SCHEMA: SchemaNode = {
  description: "A text from the environment, or from a file.",
  oneOf: [
    {
      type: "object",
      additionalProperties: false,
      required: ["$env"],
      properties: {
        $env: { type: "string", minLength: 1, description: "The environment variable that holds the text." },
        default: { type: "string", description: "The text where the variable is not set or empty; never a secret." },
      },
    },
    {
      type: "object",
      additionalProperties: false,
      required: ["$file"],
      properties: { $file: { type: "string", minLength: 1, description: "The file that holds the text, relative to the preset." } },
    },
  ],
};

/** These bind several values to each other, or name what must be there: what one file says may be completed by another. */
const OF_THE_WHOLE = ["required", "if", "then", "else", "anyOf", "oneOf", "allOf", "not", "dependencies", "minProperties"];
/** Marks for the kernel's own checks. */
const MARKS = ["path", "secret", "nullable"];

/** @param schema a plugin's `meta.options` */
export function pluginOptions(schema: object): SchemaNode {
  return nullable(optionSchema(schema as SchemaNode, [...OF_THE_WHOLE, ...MARKS]));
}

/** @param without keywords that are left out, at all depths but inside lists, which no other file completes */
function optionSchema(schema: SchemaNode, without: readonly string[]): SchemaNode {
  const { properties, additionalProperties, items } = schema;
  const rules: SchemaNode = {
    ...Object.fromEntries(Object.entries(schema).filter(([key]) => !without.includes(key))),
    ...(properties === undefined ? {} : { properties: eachOf(properties, (one) => nullable(optionSchema(one, without))) }),
    ...(typeof additionalProperties === "object" ? { additionalProperties: nullable(optionSchema(additionalProperties, without)) } : {}),
    ...(items === undefined ? {} : { items: optionSchema(items, MARKS) }),
  };
  const open = schema["nullable"] === true ? nullable(rules) : rules;
  return takesText(schema) ? orReference(open, schema["secret"] === true) : open;
}

function takesText({ type, enum: values, const: only }: SchemaNode): boolean {
  const given = only === undefined ? values : [only];
  if (given !== undefined) return given.some((value) => typeof value === "string");
  return type === undefined || [type].flat().includes("string");
}

/** A secret stands nowhere in a preset: its own value may only be empty. */
function orReference({ description, default: preset, ...rules }: SchemaNode, isSecret: boolean): SchemaNode {
  return {
    ...(description === undefined ? {} : { description }),
    ...(preset === undefined ? {} : { default: preset }),
    anyOf: [isSecret ? { enum: [""] } : rules, definition(REFERENCE)],
  };
}
