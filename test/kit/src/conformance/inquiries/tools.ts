/** What tools are asked: calls of the cases, or calls that follow from their JSON Schema. */
import { type JsonObject, type JsonValue, TOOL, type Tool, type ToolResult } from "@autotraj/core/plugin";
import type { ConformanceCases } from "../cases.ts";
import { Complaint } from "../complaint.ts";
import { brief } from "../differences.ts";
import type { Subject } from "../subject.ts";
import type { Asked, Inquiry } from "./inquiry.ts";
import { requestFor } from "./taps.ts";

export function inquiriesOfTools(subject: Subject, { calls }: ConformanceCases): readonly Inquiry[] {
  return [...subject.offered(TOOL)].map(([id, tool]) => {
    const { name, parameters } = tool.definition;
    const given = calls?.filter((call) => call.tool === undefined || call.tool === name).map((call) => call.arguments);
    const plain = given ?? [argumentsFor(parameters)];
    const asked = (args: JsonObject) => calling(subject, { id, tool, args });
    return { who: `its tool "${name}"`, plain: plain.map(asked), hostile: wrongArguments(plain[0] ?? {}).map(asked) };
  });
}

let replays = 0;

function calling(subject: Subject, { id, tool, args }: { readonly id: string; readonly tool: Tool; readonly args: JsonObject }): Asked {
  return {
    about: `called with ${brief(args)}`,
    given: () => structuredClone(args),
    bare: async (given, { signal }) => {
      const session = `bare ${replays++}`;
      try {
        return await tool.call(given as JsonObject, { session, earlier: [], history: [], signal });
      } finally {
        tool.endSession?.(session);
      }
    },
    wrong: wrongResult,
    ask: () => played(subject, id, tool.definition.name, args),
  };
}

/** In a rollout as a run has them: the model's turn, then the tool's result. */
async function played(subject: Subject, id: string, name: string, args: JsonObject): Promise<unknown> {
  const before = subject.incidents.length;
  const request = { ...requestFor(subject, { id: "tool", question: "Call the tool.", answers: [] }), tools: [id], dialect: "native" as const };
  const { messages } = await subject.rollout.replay(request, {
    key: `call ${replays++}`,
    turns: [{ role: "assistant", content: "", toolCalls: [{ id: "call-0", name, arguments: args }] }],
    provenance: { origin: "recorded" },
  });
  const [news] = subject.incidents.slice(before);
  if (news !== undefined) throw new Complaint(news);
  const result = messages.find((message) => message.role === "tool");
  return result === undefined ? undefined : { content: result.content, ok: result.ok };
}

function wrongResult(answer: unknown): string | undefined {
  const { content, ok, durationMs, isolation } = (answer ?? {}) as Partial<ToolResult>;
  if (typeof content !== "string") return `it gives ${brief(answer)}: a result has a text \`content\``;
  if (content === "") return "its content is empty: a model reads nothing of it; say [no output]";
  if (typeof ok !== "boolean") return "its result does not say whether it is `ok`";
  if (typeof durationMs !== "number" || !(durationMs >= 0)) return "its result has no `durationMs` of 0 or more";
  return isolation === undefined || typeof isolation === "string" ? undefined : "its `isolation` is no text";
}

/** An example, the default, one of those allowed, or something plain of the right type. */
export function argumentsFor(schema: JsonObject): JsonObject {
  const value = valueFor(schema);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}

function valueFor(schema: JsonObject): JsonValue {
  const [example] = (schema["examples"] as JsonValue[] | undefined) ?? [];
  const [one] = (schema["enum"] as JsonValue[] | undefined) ?? [];
  const said = example ?? schema["default"] ?? schema["const"] ?? one;
  if (said !== undefined) return said;
  const type = [schema["type"]].flat()[0];
  if (type === "object") {
    const properties = (schema["properties"] ?? {}) as Readonly<Record<string, JsonObject>>;
    return Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, valueFor(inner)]));
  }
  if (type === "array") return Array.from({ length: Number(schema["minItems"] ?? 1) }, () => valueFor((schema["items"] ?? {}) as JsonObject));
  if (type === "number" || type === "integer") return Number(schema["minimum"] ?? 1);
  if (type === "boolean") return true;
  return "1 + 1".padEnd(Number(schema["minLength"] ?? 0), "1");
}

/** What models send in place of what the schema says. */
function wrongArguments(right: JsonObject): readonly JsonObject[] {
  const all = (value: JsonValue) => Object.fromEntries(Object.keys(right).map((name) => [name, value]));
  const values: readonly JsonValue[] = [null, -1e300, "", "\u0000 \ud800 ' \" ` ; $(x)", "(".repeat(5_000), { a: [1] }, []];
  return [{}, ...values.map(all), { ...right, foreign: "argument", __proto__: null }];
}
