/** The JSON Schema of the canonical trajectory, and its check. Published as `schema/trajectory.schema.json`. */
import { Ajv, type ValidateFunction } from "ajv";
import type { Trajectory } from "../kernel/trajectory/model.ts";

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const count = { type: "integer", minimum: 0 } as const;
const object = { type: "object" } as const;

const toolCall = {
  type: "object",
  additionalProperties: false,
  required: ["id", "name", "arguments"],
  properties: {
    id: text,
    name: text,
    arguments: object,
    malformed: { type: "object", additionalProperties: false, required: ["raw", "reason"], properties: { raw: text, reason: text } },
  },
} as const;

const message = {
  type: "object",
  discriminator: { propertyName: "role" },
  required: ["role"],
  oneOf: [
    { additionalProperties: false, required: ["content"], properties: { role: { const: "system" }, content: text } },
    { additionalProperties: false, required: ["content"], properties: { role: { const: "user" }, content: text } },
    {
      additionalProperties: false,
      required: ["content"],
      properties: {
        role: { const: "assistant" },
        content: text,
        reasoning: text,
        toolCalls: { type: "array", items: toolCall },
        text,
        tokens: { type: "array", items: count },
        train: flag,
      },
    },
    {
      additionalProperties: false,
      required: ["toolCallId", "name", "content", "ok"],
      properties: {
        role: { const: "tool" },
        toolCallId: text,
        name: text,
        content: text,
        ok: flag,
        durationMs: { type: "number", minimum: 0 },
        isolation: text,
      },
    },
  ],
} as const;

export const TRAJECTORY_SCHEMA = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "AutoTraj trajectory",
  type: "object",
  additionalProperties: false,
  required: ["id", "query", "dialect", "tools", "messages", "finish", "faults", "provenance", "usage"],
  properties: {
    id: text,
    query: {
      type: "object",
      additionalProperties: false,
      required: ["id", "question", "answers"],
      properties: { id: text, question: text, answers: { type: "array", items: text }, task: text, solution: text, meta: object },
    },
    dialect: { enum: ["tags", "native"] },
    tools: {
      type: "array",
      items: {
        type: "object",
        additionalProperties: false,
        required: ["name", "description", "parameters"],
        properties: {
          name: text,
          description: text,
          parameters: object,
          tag: { type: "object", additionalProperties: false, required: ["name", "argument"], properties: { name: text, argument: text } },
        },
      },
    },
    messages: { type: "array", items: message },
    answer: text,
    finish: { enum: ["answer", "no-answer", "tool-limit", "turn-limit", "token-limit", "failed"] },
    faults: { type: "array", items: text },
    provenance: {
      type: "object",
      additionalProperties: false,
      required: ["origin"],
      properties: {
        origin: { enum: ["rollout", "repair", "recorded"] },
        policy: text,
        model: text,
        sampling: object,
        seed: { type: "integer" },
        candidate: count,
        parent: text,
        repairer: text,
        attempt: count,
        sawGold: flag,
        notes: object,
      },
    },
    usage: {
      type: "object",
      additionalProperties: false,
      required: ["promptTokens", "cachedTokens", "completionTokens", "modelCalls", "toolCalls"],
      properties: { promptTokens: count, cachedTokens: count, completionTokens: count, modelCalls: count, toolCalls: count },
    },
  },
} as const;

let validate: ValidateFunction<Trajectory> | undefined;

/** What is wrong with a value that should be a trajectory, with its path; undefined for a valid one. */
export function checkTrajectory(value: unknown): string | undefined {
  validate ??= new Ajv({ discriminator: true, strict: false }).compile<Trajectory>(TRAJECTORY_SCHEMA);
  if (validate(value)) return undefined;
  const [first] = validate.errors ?? [];
  return first === undefined ? "not a trajectory" : `${first.instancePath || "the value"} ${first.message}`;
}
