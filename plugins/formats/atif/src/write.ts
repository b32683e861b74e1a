/** Writes ATIF documents. What ATIF has no field for goes to the `extra` fields that it keeps for this, so that nothing is lost. */
import type { AssistantMessage, JsonObject, JsonValue, Message, ToolCall, ToolDefinition, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { isObject, saysFailed } from "@autotraj/core/rows";

/** 1.8 adds audio only, which trajectories do not have: 1.7 is read by more. */
export const SCHEMA_VERSION = "ATIF-v1.7";
/** The agent's name and version in documents of runs that were not read from ATIF; the version is this package's. */
export const AGENT = { name: "autotraj", version: "0.1.0" };

interface Step {
  readonly source: "system" | "user" | "agent";
  readonly message: string;
  readonly fields: JsonObject;
  readonly callIds: ReadonlySet<string>;
  readonly results: JsonObject[];
}

/** One trajectory as one document. */
export function document(trajectory: Trajectory): JsonObject {
  const { id, query, dialect, tools, messages, answer, finish, faults, provenance, usage } = trajectory;
  const steps = stepsOf(messages);
  const tags = Object.fromEntries(tools.flatMap(({ name, tag }) => (tag === undefined ? [] : [[name, { ...tag }]])));
  const source = isObject(provenance.notes?.["atif"]) ? provenance.notes["atif"] : {};
  return {
    schema_version: SCHEMA_VERSION,
    session_id: textOr(source["session_id"], id),
    trajectory_id: textOr(source["trajectory_id"], id),
    agent: {
      name: textOr(source["agent"], AGENT.name),
      version: textOr(source["version"], source["agent"] === undefined ? AGENT.version : "unknown"),
      ...(provenance.model === undefined ? {} : { model_name: provenance.model }),
      ...(tools.length > 0 ? { tool_definitions: tools.map(toolDefinition) } : {}),
    },
    steps: steps.map(stepRow),
    final_metrics: {
      total_prompt_tokens: usage.promptTokens,
      total_completion_tokens: usage.completionTokens,
      total_cached_tokens: usage.cachedTokens,
      total_steps: steps.length,
    },
    extra: {
      autotraj: {
        query: { ...query } as unknown as JsonObject,
        dialect,
        ...(answer === undefined ? {} : { answer }),
        finish,
        faults: [...faults],
        provenance: { ...provenance } as unknown as JsonObject,
        ...(Object.keys(tags).length > 0 ? { tags } : {}),
        modelCalls: usage.modelCalls,
        toolCalls: usage.toolCalls,
      },
    },
  };
}

function stepsOf(messages: readonly Message[]): readonly Step[] {
  const steps: Step[] = [];
  for (const message of messages) {
    if (message.role === "assistant") steps.push(agentStep(message));
    else if (message.role !== "tool") steps.push({ source: message.role, message: message.content, fields: {}, callIds: new Set(), results: [] });
    else {
      const last = steps.at(-1);
      const answers = last?.callIds.has(message.toolCallId) === true;
      // A result that does not follow its call cannot name it, and gets a step of its own.
      if (last !== undefined && answers) last.results.push(resultRow(message, true));
      else steps.push({ source: "system", message: "", fields: {}, callIds: new Set(), results: [resultRow(message, false)] });
    }
  }
  return steps;
}

function agentStep({ content, reasoning, toolCalls = [], text, tokens, train }: AssistantMessage): Step {
  return {
    source: "agent",
    message: content,
    fields: {
      ...(reasoning === undefined ? {} : { reasoning_content: reasoning }),
      ...(toolCalls.length > 0 ? { tool_calls: toolCalls.map(callRow) } : {}),
      ...(tokens === undefined ? {} : { metrics: { completion_token_ids: [...tokens] } }),
      ...(train === false ? { is_copied_context: true } : {}),
      ...(text === undefined ? {} : { extra: { text } }),
    },
    callIds: new Set(toolCalls.map(({ id }) => id)),
    results: [],
  };
}

function callRow({ id, name, arguments: args, malformed }: ToolCall): JsonObject {
  return { tool_call_id: id, function_name: name, arguments: args, ...(malformed === undefined ? {} : { extra: { malformed: { ...malformed } } }) };
}

function resultRow({ toolCallId, name, content, ok, durationMs, isolation }: ToolMessage, answersCall: boolean): JsonObject {
  const extra: JsonObject = {
    ...(answersCall ? {} : { tool_call_id: toolCallId, name }),
    // Where it is left out, a reader asks the text.
    ...(ok && !saysFailed(content) ? {} : { ok }),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(isolation === undefined ? {} : { isolation }),
  };
  return { ...(answersCall ? { source_call_id: toolCallId } : {}), content, ...(Object.keys(extra).length > 0 ? { extra } : {}) };
}

function stepRow({ source, message, fields, results }: Step, index: number): JsonObject {
  return { step_id: index + 1, source, message, ...fields, ...(results.length > 0 ? { observation: { results } } : {}) };
}

function toolDefinition({ name, description, parameters }: ToolDefinition): JsonObject {
  return { type: "function", function: { name, description, parameters } };
}

function textOr(value: JsonValue | undefined, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}
