/**
 * The calls of one message. LangChain's messages tell the same call in up to four places: `tool_calls`, the provider's own parts of the content, OpenAI's
 * `additional_kwargs`, and the chunks of a stream. Each is read once; a call that stands in one place only is read there.
 */
import type { JsonObject, JsonValue, RecordedCall } from "@autotraj/core/plugin";
import { isObject, listAt, objectAt, scalarText, textAt, textOrJson, unreadablePart } from "@autotraj/core/rows";

interface Part {
  readonly part: JsonObject;
  readonly path: string;
}

/** Calls as parts of a content: LangChain's, Anthropic's and OpenAI's; and the pieces that a stream of Anthropic's leaves of them. */
const CALL_PARTS: readonly JsonValue[] = ["tool_call", "invalid_tool_call", "tool_use", "function_call", "tool_call_chunk", "input_json_delta"];

export function isCallPart(part: JsonObject): boolean {
  return CALL_PARTS.includes(part["type"] ?? null);
}

export function callsOf(fields: JsonObject, extra: JsonObject, parts: readonly Part[], path: string): readonly RecordedCall[] {
  const calls: RecordedCall[] = [];
  /** Of a place that may repeat what others have told. */
  const add = (told: readonly RecordedCall[]) => {
    const known = [...calls];
    for (const call of told) {
      const twin = known.findIndex((one) => isSame(one, call));
      if (twin >= 0) known.splice(twin, 1);
      else calls.push(call);
    }
  };
  calls.push(
    ...entries(fields["tool_calls"], `${path}.tool_calls`).map(readCall),
    ...entries(fields["invalid_tool_calls"], `${path}.invalid_tool_calls`).map(invalidCall),
  );
  add(parts.flatMap(callsInPart));
  add(entries(extra["tool_calls"], `${path}.additional_kwargs.tool_calls`).map(readCall));
  for (const [old, place] of [
    [fields["function_call"], `${path}.function_call`],
    [extra["function_call"], `${path}.additional_kwargs.function_call`],
  ] as const)
    if (isObject(old)) add([readCall({ part: old, path: place })]);
  add(joinedChunks(entries(fields["tool_call_chunks"], `${path}.tool_call_chunks`)));
  const [piece] = parts.filter(({ part }) => CALL_PARTS.includes(part["type"] ?? null));
  if (calls.length === 0 && piece !== undefined) throw unreadablePart(piece);
  return calls;
}

function entries(value: JsonValue | undefined, path: string): readonly Part[] {
  return listAt(value, path).map((one, index) => ({ part: objectAt(one, `${path}[${index}]`), path: `${path}[${index}]` }));
}

/** By id; where one has none, by name. */
function isSame(a: RecordedCall, b: RecordedCall): boolean {
  return (a.id ?? "") !== "" && (b.id ?? "") !== "" ? a.id === b.id : (a.name ?? "") === (b.name ?? "");
}

/** `{name, args, id}`, or OpenAI's `{id, function: {name, arguments}}`. */
function readCall({ part, path }: Part): RecordedCall {
  const details = part["function"] === undefined ? part : objectAt(part["function"], `${path}.function`);
  return { ...named(details, part["id"], path), arguments: details["args"] ?? details["arguments"] ?? details["input"] ?? {} };
}

function invalidCall({ part, path }: Part): RecordedCall {
  const reason = scalarText(part["error"]) ?? "";
  const raw = textOrJson(part["args"] ?? part["arguments"]);
  return {
    ...named(part, part["id"], path),
    malformed: { raw, reason: reason === "" ? "LangChain could not read the arguments" : reason },
  };
}

function callsInPart({ part, path }: Part): readonly RecordedCall[] {
  switch (part["type"]) {
    case "invalid_tool_call":
      return [invalidCall({ part, path })];
    case "function_call":
      return [{ ...named(part, part["call_id"] ?? part["id"], path), arguments: part["arguments"] ?? {} }];
    case "tool_call_chunk":
    case "input_json_delta":
      // Pieces of a call that stands beside them.
      return [];
    default:
      return [readCall({ part, path })];
  }
}

/** The chunks of a stream that was cut before its calls were whole: those of one index are one call. */
function joinedChunks(chunks: readonly Part[]): readonly RecordedCall[] {
  const calls = new Map<string, { id?: string; name?: string; args: string }>();
  for (const [place, { part, path }] of chunks.entries()) {
    const key = scalarText(part["index"]) ?? `#${place}`;
    const call = calls.get(key) ?? { args: "" };
    calls.set(key, { ...call, ...named(part, part["id"], path), args: call.args + textOrJson(part["args"]) });
  }
  return [...calls.values()].map(({ args, ...call }) => ({ ...call, arguments: args }));
}

function named(details: JsonObject, id: JsonValue | undefined, path: string): { id?: string; name?: string } {
  const name = textAt(details["name"], `${path}.name`);
  const ownId = scalarText(id);
  return { ...(ownId === undefined ? {} : { id: ownId }), ...(name === "" ? {} : { name }) };
}
