/** A turn as fields of text, and back. */
import type { TurnDraft } from "../../../src/api.ts";

export interface Field {
  readonly label: string;
  readonly text: string;
}

/** A call with one argument that is text is that text; any other is JSON. */
export function fieldsOf(turn: TurnDraft): readonly Field[] {
  if ("text" in turn) return [{ label: "text", text: turn.text }];
  const { thinking, says, calls = [] } = turn;
  return [
    { label: "thinking", text: thinking ?? "" },
    { label: "says", text: says ?? "" },
    ...calls.map((call, at) => ({
      label: `call ${at + 1}: ${call.tool}`,
      text: onlyText(call.arguments) ?? JSON.stringify(call.arguments, null, 2),
    })),
  ];
}

/** @throws SyntaxError where a call's arguments must be JSON and are none */
export function turnOf(before: TurnDraft, texts: readonly string[]): TurnDraft {
  if ("text" in before) return { text: texts[0] ?? "" };
  const [thinking = "", says = "", ...written] = texts;
  const calls = (before.calls ?? []).map((call, at) => ({ tool: call.tool, arguments: argumentsOf(call.arguments, written[at] ?? "") }));
  return { ...(thinking === "" ? {} : { thinking }), ...(says === "" ? {} : { says }), ...(calls.length === 0 ? {} : { calls }) };
}

type Arguments = Readonly<Record<string, unknown>>;

function onlyText(given: Arguments): string | undefined {
  const [only, ...others] = Object.values(given);
  return typeof only === "string" && others.length === 0 ? only : undefined;
}

function argumentsOf(before: Arguments, text: string): Arguments {
  const [name] = Object.keys(before);
  if (name !== undefined && onlyText(before) !== undefined) return { [name]: text };
  return JSON.parse(text) as Arguments;
}
