/**
 * Trajectories of the tag dialect for LLaMA-Factory's template `empty`, which adds nothing of its own: the ChatML marks are in the text, and each turn
 * is a stretch with or without loss. So the text in which a model thinks, calls and reads results is one message, and the results have no loss.
 */
import { type Dialects, type JsonObject, PluginError, type PreferencePair, type Trajectory } from "@autotraj/core/plugin";

interface Stretch {
  readonly by: "model" | "other";
  readonly text: string;
  readonly train: boolean;
}

const END = "<|im_end|>";
const OPEN = "<|im_start|>assistant\n";

/** Undefined where nothing is to be trained on. @throws PluginError LLAMAFACTORY_DIALECT for native trajectories. */
export function chatmlSft(trajectory: Trajectory, dialects: Dialects): JsonObject | undefined {
  refuseNative(trajectory);
  const conversations = turnsOf(stretches(trajectory, dialects));
  if (conversations.length % 2 !== 0) conversations.pop();
  if (conversations.length === 0) return undefined;
  return { id: trajectory.id, system: "", tools: "", conversations };
}

/**
 * The first turn of the model in which both sides differ, after all that they share; undefined where they part at something no model wrote.
 * @throws PluginError LLAMAFACTORY_DIALECT where the chosen one is native.
 */
export function chatmlPreference({ query, chosen, rejected }: PreferencePair, dialects: Dialects): JsonObject | undefined {
  refuseNative(chosen);
  const better = stretches(chosen, dialects);
  const worse = stretches(rejected, dialects);
  const at = better.findIndex(({ text, by }, index) => text !== worse[index]?.text || by !== worse[index].by);
  const [one, other] = [better[at], worse[at]];
  if (one?.by !== "model" || other?.by !== "model") return undefined;
  const shared = better
    .slice(0, at)
    .map(({ text }) => text)
    .join("");
  return {
    id: query.id,
    system: "",
    tools: "",
    conversations: [{ from: "human", value: shared }],
    chosen: { from: "gpt", value: one.text },
    rejected: { from: "gpt", value: other.text },
  };
}

/** Two whole trajectories after the chosen one's question; native ones are translated. Undefined where one side wrote nothing. */
export function chatmlWholePair({ query, chosen, rejected }: PreferencePair, dialects: Dialects): JsonObject | undefined {
  const [shared, better] = conversationOf(chosen, dialects);
  const [, worse] = conversationOf(rejected, dialects);
  if (better === "" || worse === "" || better === worse) return undefined;
  return {
    id: query.id,
    system: "",
    tools: "",
    conversations: [{ from: "human", value: shared }],
    chosen: { from: "gpt", value: better },
    rejected: { from: "gpt", value: worse },
  };
}

/** The text up to where the model begins, and the rest. */
function conversationOf(trajectory: Trajectory, dialects: Dialects): readonly [prompt: string, rest: string] {
  const found = stretches({ ...trajectory, dialect: "tags", finish: "token-limit" }, dialects);
  const start = found.findIndex(({ by }) => by === "model");
  const join = (parts: readonly Stretch[]) => parts.map(({ text }) => text).join("");
  return start < 0 ? [join(found), ""] : [join(found.slice(0, start)), join(found.slice(start)) + END];
}

function refuseNative({ id, dialect }: Trajectory): void {
  if (dialect === "tags") return;
  throw new PluginError("LLAMAFACTORY_DIALECT", `trajectory ${id} is in the dialect "${dialect}"; this form is for "tags".`, {
    hint: "Export to llamafactory, without /chatml.",
  });
}

/** Neighbouring stretches of the model stay apart: each is one turn. */
function stretches(trajectory: Trajectory, dialects: Dialects): readonly Stretch[] {
  const found: Stretch[] = [];
  let open = false;
  const mark = (text: string) => found.push({ by: "other", text, train: false });
  for (const { role, text, train } of dialects.get("tags").render(trajectory)) {
    if (role === "system" || role === "user") {
      if (open) mark(`${END}\n`);
      open = false;
      if (role === "user" || text !== "") mark(`<|im_start|>${role}\n${text}${END}\n`);
      continue;
    }
    if (!open) mark(OPEN);
    open = true;
    found.push({ by: role === "tool" ? "other" : "model", text, train });
  }
  const last = found.at(-1);
  const ended = trajectory.finish === "answer" || trajectory.finish === "no-answer";
  // The model ended its last turn itself: the mark is part of what it wrote.
  if (last?.by === "model" && ended) found.splice(-1, 1, { ...last, text: last.text + END });
  return found;
}

/** human, then gpt and observation in turn; what is not to be trained on joins the text before it. */
function turnsOf(found: readonly Stretch[]): { from: string; value: string }[] {
  const turns: { from: string; value: string }[] = [];
  for (const { text, train } of found) {
    const previous = turns.at(-1);
    const previousTrains = previous?.from === "gpt";
    if (text === "") continue;
    if (previous !== undefined && previousTrains === train) previous.value += text;
    else turns.push({ from: train ? "gpt" : previous === undefined ? "human" : "observation", value: text });
  }
  return turns;
}
