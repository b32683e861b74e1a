/** A trajectory's turns as text that people can edit, and back. Results of tools are no part of it: the tools give them anew. */
import type { AssistantMessage, Dialect, JsonObject, ToolDefinition, Trajectory } from "@autotraj/core/plugin";
import { Ajv, type ValidateFunction } from "ajv";

/** In `tags` a turn is one text, as it is trained on; in `native` its parts. */
export type EditedTurn = { readonly text: string } | { readonly thinking?: string; readonly says?: string; readonly calls?: readonly EditedCall[] };

export interface EditedCall {
  readonly tool: string;
  readonly arguments: JsonObject;
}

const TURNS_SCHEMA = {
  type: "array",
  minItems: 1,
  maxItems: 1000,
  items: {
    type: "object",
    anyOf: [
      { additionalProperties: false, required: ["text"], properties: { text: { type: "string" } } },
      {
        additionalProperties: false,
        properties: {
          thinking: { type: "string" },
          says: { type: "string" },
          calls: {
            type: "array",
            items: {
              type: "object",
              additionalProperties: false,
              required: ["tool", "arguments"],
              properties: { tool: { type: "string" }, arguments: { type: "object" } },
            },
          },
        },
      },
    ],
  },
} as const;

export function editableTurns({ messages, tools, dialect: name }: Trajectory, dialect: Dialect): readonly EditedTurn[] {
  return messages
    .filter((message) => message.role === "assistant")
    .map((message): EditedTurn => {
      if (name === "tags") return { text: dialect.text(message, tools) };
      const { reasoning, content, toolCalls = [] } = message;
      return {
        ...(reasoning === undefined ? {} : { thinking: reasoning }),
        ...(content === "" ? {} : { says: content }),
        ...(toolCalls.length === 0 ? {} : { calls: toolCalls.map((call) => ({ tool: call.name, arguments: call.arguments })) }),
      };
    });
}

/** What is played: messages without results, and the answer that the last one gives. */
export interface PlayableTurns {
  readonly turns: readonly AssistantMessage[];
  readonly answer?: string;
  readonly faults: readonly string[];
}

/** Returns what is wrong as a sentence, where nothing can be played. */
export function playableTurns(
  edited: readonly EditedTurn[],
  { tools, dialect }: { readonly tools: readonly ToolDefinition[]; readonly dialect: Dialect },
): PlayableTurns | string {
  const turns: AssistantMessage[] = [];
  const faults: string[] = [];
  let answer: string | undefined;
  for (const [index, turn] of edited.entries()) {
    const isLast = index === edited.length - 1;
    if ("text" in turn !== (dialect.name === "tags")) return `Turn ${index + 1} is not written as turns of the dialect "${dialect.name}" are.`;
    const parsed = dialect.parse(asSampled(turn, index), tools, `call-${index}`);
    const calls = parsed.message.toolCalls ?? [];
    if (calls.length === 0 && !isLast) return `Turn ${index + 1} calls no tool, and is not the last: only the last turn answers.`;
    const malformed = calls.find((call) => call.malformed !== undefined);
    if (malformed !== undefined) return `Turn ${index + 1}: its call cannot be understood: ${malformed.malformed?.reason}.`;
    turns.push(parsed.message);
    faults.push(...parsed.faults);
    answer = parsed.answer;
  }
  return { turns, ...(answer === undefined ? {} : { answer }), faults };
}

function asSampled(turn: EditedTurn, index: number): Parameters<Dialect["parse"]>[0] {
  if ("text" in turn) return { text: turn.text, finish: "stop" };
  const { thinking, says = "", calls = [] } = turn;
  const toolCalls = calls.map((call, at) => ({ id: `call-${index}-${at}`, name: call.tool, arguments: JSON.stringify(call.arguments) }));
  return {
    text: says,
    ...(thinking === undefined ? {} : { reasoning: thinking }),
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    finish: toolCalls.length === 0 ? "stop" : "tool-calls",
  };
}

let validate: ValidateFunction<readonly EditedTurn[]> | undefined;

/** The value as turns, or what is wrong with it, to stand behind the name of the list: `[1] must be object`. */
export function turnsOf(value: unknown): readonly EditedTurn[] | string {
  validate ??= new Ajv({ strict: false }).compile<readonly EditedTurn[]>(TURNS_SCHEMA);
  if (validate(value)) return value;
  const [first] = validate.errors ?? [];
  const path = (first?.instancePath ?? "").replaceAll(/\/(\d+)/g, "[$1]").replaceAll("/", ".");
  return `${path} ${first?.message ?? "is no list of turns"}`;
}
