/** Lists that were laid flat into attributes: `gen_ai.prompt.0.role`, `llm.input_messages.1.message.tool_calls.0.tool_call.function.name`. */
import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { isObject, listAt } from "@autotraj/core/rows";

/** Deeper than anything that conventions know. */
const DEEPEST = 16;

/** The list under a prefix; also where an exporter kept it whole, or as JSON text. */
export function listUnder(attributes: JsonObject, prefix: string, path: string): readonly JsonValue[] {
  const whole = attributes[prefix];
  if (whole !== undefined && whole !== null) return listAt(whole, `${path}.${prefix}`).map((one) => (isObject(one) ? raised(one) : one));
  const start = `${prefix}.`;
  const own = Object.entries(attributes).filter(([key]) => key.startsWith(start));
  if (own.length === 0) return [];
  const list = raised(Object.fromEntries(own.map(([key, value]) => [key.slice(start.length), value])));
  return Array.isArray(list) ? list : [list];
}

/** An object without dots in its names: `{"message.role": "user"}` → `{message: {role: "user"}}`; one of numbers only is a list. */
function raised(flat: JsonObject): JsonValue {
  const root = new Map<string, Node>();
  for (const [key, value] of Object.entries(flat)) {
    const names = key.split(".");
    if (names.length <= DEEPEST) put(root, names, value);
  }
  return plain(root);
}

type Node = Map<string, Node> | { readonly leaf: JsonValue };

function put(root: Map<string, Node>, names: readonly string[], value: JsonValue): void {
  let at = root;
  for (const name of names.slice(0, -1)) {
    const next = at.get(name);
    const inner = next instanceof Map ? next : new Map<string, Node>();
    // `content` beside `content.0.text`: the parts say more.
    if (inner !== next) at.set(name, inner);
    at = inner;
  }
  const last = names.at(-1) as string;
  if (!(at.get(last) instanceof Map)) at.set(last, { leaf: value });
}

function plain(node: Map<string, Node>): JsonValue {
  const members = [...node].map(([name, one]) => [name, one instanceof Map ? plain(one) : one.leaf] as const);
  if (members.length > 0 && members.every(([name]) => /^\d{1,9}$/.test(name))) {
    return members.sort(([a], [b]) => Number(a) - Number(b)).map(([, value]) => value);
  }
  return Object.fromEntries(members);
}
