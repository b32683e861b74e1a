/** A format spells trajectories in files: it reads the logs of others, writes data sets, or both. */
import {
  definePlugin,
  FORMAT,
  type Format,
  type JsonObject,
  type JsonValue,
  PluginError,
  type Trajectory,
} from "@autotraj/core/plugin";

export default definePlugin({
  meta: {
    name: "{{package}}",
    apiVersion: 1,
    kind: "format",
    description: "{{description}}",
    options: { type: "object", additionalProperties: false, properties: {} },
    provides: [FORMAT],
    supports: { read: true, sft: true, preference: true },
  },
  setup(api) {
    api.provide(FORMAT, format);
  },
});

const format: Format = {
  description: "rows of prompt and completion",

  /** What the row says, in its order. Pairing results with calls and finding the answer is the host's work, for all formats alike. */
  read(row) {
    const { prompt, completion, answer } = fieldsOf(row);
    return {
      turns: [
        { role: "user", content: textOf(prompt, "prompt") },
        { role: "assistant", content: textOf(completion, "completion") },
      ],
      ...(answer === undefined ? {} : { query: { answers: [textOf(answer, "answer")] } }),
    };
  },

  /** How surely a row is of this format, for `--format auto`. */
  recognizes(row) {
    const { prompt, completion } = fieldsOf(row);
    return typeof prompt === "string" && typeof completion === "string" ? 0.7 : 0;
  },

  /** Counted by reason, and said at the end of an export. */
  refuses({ messages }) {
    return messages.some(({ role }) => role === "tool") ? "a row has no place for a tool's result" : undefined;
  },

  sft: (trajectory) => ({ prompt: trajectory.query.question, completion: writtenIn(trajectory) }),

  preference: ({ query, chosen, rejected }) => ({
    prompt: query.question,
    chosen: writtenIn(chosen),
    rejected: writtenIn(rejected),
  }),
};

function fieldsOf(row: JsonValue): JsonObject {
  return typeof row === "object" && row !== null && !Array.isArray(row) ? row : {};
}

function textOf(value: JsonValue | undefined, path: string): string {
  if (typeof value === "string") return value;
  throw new PluginError("ROW", `${path} is ${value === undefined ? "missing" : "no text"}.`, {
    hint: "A row is { prompt, completion }, and may have an answer.",
  });
}

/** What the policy wrote, as it wrote it where that is known. */
function writtenIn({ messages }: Trajectory): string {
  const turns = messages.filter((message) => message.role === "assistant");
  return turns.map(({ text, content }) => text ?? content).join("\n");
}
