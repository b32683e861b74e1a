/** Tool lists: each tool with its schema, in all the forms that logs have them. */
import { isJsonObject } from "../../kernel/json.ts";
import type { JsonObject, JsonValue, ToolDefinition } from "../../kernel/plugin.ts";
import { invalid, jsonTextAt, listAt, objectAt, textOrJson } from "./fields.ts";

/** Tools as OpenAI, Anthropic, Gemini, Bedrock or nobody in particular writes them: wrapped in `function` or bare; the list itself, or JSON text of it. */
export function toolsAt(raw: JsonValue | undefined, path: string): readonly ToolDefinition[] {
  return listAt(raw, path).flatMap((value, index) => {
    const place = `${path}[${index}]`;
    const tool = toolObjectAt(value, place);
    const declarations = tool["functionDeclarations"] ?? tool["function_declarations"];
    if (declarations !== undefined) return toolsAt(declarations, `${place}.functionDeclarations`);
    if (isJsonObject(tool["custom"])) return [customTool(tool["custom"], `${place}.custom`)];
    const wrapper = ["function", "toolSpec"].find((name) => tool[name] !== undefined);
    return [toolAt(wrapper === undefined ? tool : toolObjectAt(tool[wrapper], `${place}.${wrapper}`), place)];
  });
}

function toolObjectAt(value: JsonValue | undefined, path: string): JsonObject {
  return objectAt(typeof value === "string" ? jsonTextAt(value, path) : value, path);
}

/** A tool whose input is free text, which its calls hold under `input`. */
export function customTool({ name, description }: JsonObject, path: string): ToolDefinition {
  const parameters = { type: "object", properties: { input: { type: "string" } }, required: ["input"] };
  return { name: toolName(name, path), description: descriptionOf(description), parameters };
}

function toolAt(tool: JsonObject, path: string): ToolDefinition {
  const field = SCHEMAS.find((name) => (tool[name] ?? null) !== null) ?? SCHEMAS[0];
  return {
    name: toolName(tool["name"], path),
    description: descriptionOf(tool["description"]),
    parameters: schemaAt(tool[field] ?? null, `${path}.${field}`),
  };
}

function toolName(name: JsonValue | undefined, path: string): string {
  if (typeof name !== "string" || name === "") throw invalid(`${path}.name`, "is missing");
  return name;
}

function descriptionOf(description: JsonValue | undefined): string {
  return Array.isArray(description) && description.every((line) => typeof line === "string") ? description.join("\n") : textOrJson(description);
}

const SCHEMAS = ["parameters", "input_schema", "inputSchema", "parametersJsonSchema", "parameters_json_schema", "arguments"] as const;
/** Around the schema itself, in Bedrock's tools and the AI SDK's. */
const SCHEMA_WRAPPERS: readonly string[] = ["json", "jsonSchema"];

/** The schema itself, JSON text of it, or a list of named parameters. @throws for what would be lost */
function schemaAt(value: JsonValue, path: string): JsonObject {
  const schema = typeof value === "string" && value !== "" ? jsonTextAt(value, path) : value;
  if (schema === null || schema === "") return { type: "object", properties: {} };
  if (Array.isArray(schema)) return schemaOfList(schema, path);
  if (!isJsonObject(schema)) throw invalid(path, "is no JSON Schema; expected an object, or JSON text of one");
  const [only = "", ...others] = Object.keys(schema);
  const inner = others.length === 0 && SCHEMA_WRAPPERS.includes(only) ? schema[only] : undefined;
  return isJsonObject(inner) ? inner : schema;
}

/** `[{name, type, description, required}]`: each one a property, by its name. */
function schemaOfList(list: readonly JsonValue[], path: string): JsonObject {
  const named = list.map((value, index) => {
    const { name, required, ...schema } = objectAt(value, `${path}[${index}]`);
    return { name: toolName(name, `${path}[${index}]`), isRequired: required === true, schema };
  });
  const required = named.filter(({ isRequired }) => isRequired).map(({ name }) => name);
  return {
    type: "object",
    properties: Object.fromEntries(named.map(({ name, schema }) => [name, schema])),
    ...(required.length === 0 ? {} : { required }),
  };
}
