import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { expect } from "chai";
import { toldInFull } from "../../../../test/formats/reading.ts";
import { readAll, readRows } from "./support.ts";

const line = (type: string, payload: JsonObject): JsonObject => ({ timestamp: "2026-01-01T10:00:00.000Z", type, payload });
const item = (payload: JsonObject): JsonObject => line("response_item", payload);
const event = (payload: JsonObject): JsonObject => line("event_msg", payload);
const meta = (id: string, more: JsonObject = {}): JsonObject =>
  line("session_meta", {
    id,
    cwd: "/repo",
    originator: "codex_cli_rs",
    cli_version: "0.98.0",
    base_instructions: { text: "You are a coding agent." },
    ...more,
  });
const asked = (text: string): JsonObject[] => [
  item({ type: "message", role: "user", content: [{ type: "input_text", text }] }),
  event({ type: "user_message", message: text, images: [] }),
];
const answered = (text: string): JsonObject[] => [
  event({ type: "agent_message", message: text }),
  item({ type: "message", role: "assistant", content: [{ type: "output_text", text }] }),
];

const CONTEXT = item({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text: "<environment_context>\n  <cwd>/repo</cwd>\n</environment_context>" }],
});
const SESSION: readonly JsonObject[] = [
  meta("t-1"),
  line("turn_context", { cwd: "/repo", approval_policy: "never", model: "gpt-5-codex", effort: "high" }),
  CONTEXT,
  ...asked("How many files?"),
  event({ type: "agent_reasoning", text: "**Counting**" }),
  item({ type: "reasoning", summary: [{ type: "summary_text", text: "**Counting**" }], content: null, encrypted_content: "gAAA" }),
  item({ type: "function_call", name: "shell", arguments: '{"command":["ls"]}', call_id: "call_1" }),
  item({ type: "function_call_output", call_id: "call_1", output: "Exit code: 1\nWall time: 0.1 seconds\nOutput:\nls: no" }),
  event({ type: "token_count", info: null }),
  item({ type: "ghost_snapshot", ghost_commit: {} }),
  ...answered("None."),
];
const COUNTED = [
  "system: You are a coding agent.",
  "user: <environment_context>\n  <cwd>/repo</cwd>\n</environment_context>",
  "user: How many files?",
  'assistant: (**Counting**) [call_1 shell {"command":["ls"]}]',
  "tool call_1 shell failed: Exit code: 1\nWall time: 0.1 seconds\nOutput:\nls: no",
  "assistant: None.",
];

async function conversations(rows: readonly JsonValue[]): Promise<readonly (readonly string[])[]> {
  return (await readAll(rows)).map(({ messages }) => toldInFull(messages));
}

describe("a Codex rollout", () => {
  it("becomes one conversation, and the question is what the user typed", async () => {
    const [only, ...others] = await readAll(SESSION);
    expect(others).to.deep.equal([]);
    expect(toldInFull(only!.messages)).to.deep.equal(COUNTED);
    expect([only!.query.question, only!.answer, only!.faults, only!.provenance]).to.deep.equal([
      "How many files?",
      "None.",
      [],
      { origin: "recorded", model: "gpt-5-codex", notes: { sessionId: "t-1" } },
    ]);
  });

  it("tells several sessions in one file apart; a fork has its parent's first line, too", async () => {
    const fork = [meta("t-2", { forked_from_id: "t-1" }), ...SESSION, ...asked("And dirs?"), ...answered("One.")];
    const read = await readAll([...SESSION, ...fork]);
    expect(read.map(({ messages, provenance }) => [toldInFull(messages), provenance.notes?.["sessionId"]])).to.deep.equal([
      [COUNTED, "t-1"],
      [[...COUNTED, "user: And dirs?", "assistant: One."], "t-2"],
    ]);
  });

  it("begins anew after a compaction, with the history that it left", async () => {
    const kept = { type: "message", role: "user", content: [{ type: "input_text", text: "So far: no files." }] };
    const more = [...asked("Sure?"), ...answered("Yes.")];
    const system = "system: You are a coding agent.";
    expect(await conversations([...SESSION, line("compacted", { message: "", replacement_history: [kept] }), ...more])).to.deep.equal([
      COUNTED,
      [system, "user: So far: no files.", "user: Sure?", "assistant: Yes."],
    ]);
    expect(await conversations([...SESSION, line("compacted", { message: "So far: no files." }), ...more])).to.deep.equal([
      COUNTED,
      [...COUNTED.slice(0, 3), "user: So far: no files.", "user: Sure?", "assistant: Yes."],
    ]);
    expect(await conversations([...SESSION, line("compacted", { message: "So far: no files." })])).to.deep.equal([COUNTED]);
  });

  it("leaves turns that were taken back out of what follows", async () => {
    const rolledBack = event({ type: "thread_rolled_back", num_turns: 1 });
    const rows = [
      ...SESSION,
      ...asked("Delete all."),
      ...answered("Done."),
      rolledBack,
      ...asked("Sure?"),
      rolledBack,
      ...asked("Really?"),
      ...answered("Yes."),
    ];
    expect(await conversations(rows)).to.deep.equal([
      [...COUNTED, "user: Delete all.", "assistant: Done."],
      [...COUNTED, "user: Really?", "assistant: Yes."],
    ]);
  });

  it("is read in its old form, one bare item a line", async () => {
    const items = SESSION.flatMap(({ type, payload }) => (type === "response_item" ? [payload as JsonObject] : []));
    const rows = [{ id: "t-0", timestamp: "2025-07-01T10:00:00Z", instructions: "You are a coding agent." }, { record_type: "state" }, ...items];
    expect(await conversations(rows)).to.deep.equal([COUNTED]);
  });

  it("leaves rows of other kinds what they are", async () => {
    const read = await readRows([...SESSION, { input: "1+1?", output: "2" }, "text"]);
    expect(read.map(({ problem, recordings }) => problem ?? recordings[0]?.trajectory.answer)).to.deep.equal([
      "2",
      "the row is not an object.",
      "None.",
    ]);
  });
});
