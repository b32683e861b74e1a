import type { JsonObject, JsonValue, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { toldInFull } from "../../../../test/formats/reading.ts";
import { readAll, readRows } from "./support.ts";

/** A line as Claude Code writes it. */
function line(uuid: string, parentUuid: string | null, type: "user" | "assistant", message: JsonObject, more: JsonObject = {}): JsonObject {
  const shared = { isSidechain: false, userType: "external", cwd: "/repo", sessionId: "s-1", version: "2.0.1", gitBranch: "main" };
  return { parentUuid, ...shared, type, message: { role: type, ...message }, uuid, ...more };
}
const user = (uuid: string, parent: string | null, content: JsonValue, more: JsonObject = {}) => line(uuid, parent, "user", { content }, more);
const model = (uuid: string, parent: string | null, id: string, block: JsonObject, more: JsonObject = {}) =>
  line(uuid, parent, "assistant", { id, type: "message", model: "claude-opus-4-1", content: [block], stop_reason: null }, more);
const text = (words: string): JsonObject => ({ type: "text", text: words });
const use = (id: string, name: string, input: JsonObject): JsonObject => ({ type: "tool_use", id, name, input });
const result = (id: string, content: JsonValue, more: JsonObject = {}): JsonObject[] => [{ tool_use_id: id, type: "tool_result", content, ...more }];

/** Two parallel calls in lines of one message; the first one's result hangs on its own line, beside the second call. */
const PARALLEL: readonly JsonObject[] = [
  { type: "summary", summary: "Counting files", leafUuid: "a4" },
  { type: "file-history-snapshot", messageId: "u1", snapshot: {}, isSnapshotUpdate: false },
  user("u1", null, "How many files are there?"),
  model("a1", "u1", "msg_1", { type: "thinking", thinking: "I count.", signature: "Eq" }),
  model("a2", "a1", "msg_1", text("Let me look.")),
  model("a3", "a2", "msg_1", use("toolu_a", "Bash", { command: "ls a | wc -l" })),
  user("r1", "a3", result("toolu_a", "3", { is_error: false }), { toolUseResult: { stdout: "3" } }),
  model("a4", "a3", "msg_1", use("toolu_b", "Bash", { command: "ls b | wc -l" })),
  user("r2", "a4", result("toolu_b", "ls: b: No such file or directory", { is_error: true })),
  { parentUuid: "r2", type: "progress", uuid: "p1", sessionId: "s-1", data: { type: "hook_progress" } },
  model("a5", "p1", "msg_2", text("Three.")),
];
const COUNTED = [
  "user: How many files are there?",
  'assistant: (I count.) Let me look. [toolu_a Bash {"command":"ls a | wc -l"}] [toolu_b Bash {"command":"ls b | wc -l"}]',
  "tool toolu_a Bash: 3",
  "tool toolu_b Bash failed: ls: b: No such file or directory",
  "assistant: Three.",
];

const all = (trajectories: readonly Trajectory[]) => trajectories.map(({ messages }) => toldInFull(messages));

describe("a Claude Code transcript", () => {
  it("becomes one conversation: lines of one message are one turn, and parallel results belong to it", async () => {
    const [only, ...others] = await readAll(PARALLEL);
    expect(others).to.deep.equal([]);
    expect(toldInFull(only!.messages)).to.deep.equal(COUNTED);
    expect([only!.faults, only!.answer, only!.provenance]).to.deep.equal([
      [],
      "Three.",
      { origin: "recorded", model: "claude-opus-4-1", notes: { sessionId: "s-1" } },
    ]);
  });

  it("is the same whatever the order of its lines, by their links or by their times", async () => {
    const events = PARALLEL.filter(({ type }) => type === "user" || type === "assistant" || type === "progress");
    expect(all(await readAll([...events].reverse()))).to.deep.equal([COUNTED]);
    const timed = events.map(({ parentUuid: _parent, ...event }, index) => ({ ...event, timestamp: `2026-01-01T10:00:${10 + index}.000Z` }));
    expect(all(await readAll([...timed].reverse()))).to.deep.equal([COUNTED]);
  });

  it("is whole where lines were taken out that are no messages, and where lines say nothing of their order", async () => {
    expect(all(await readAll(PARALLEL.filter(({ type }) => type !== "progress")))).to.deep.equal([COUNTED]);
    const bare = PARALLEL.map(({ parentUuid: _parent, uuid: _uuid, ...event }) => event);
    expect(all(await readAll(bare))).to.deep.equal([COUNTED]);
  });

  it("is one turn where its parallel calls are messages of their own", async () => {
    const own = PARALLEL.with(7, model("a4", "a3", "msg_other", use("toolu_b", "Bash", { command: "ls b | wc -l" })));
    const reversed = [...own.slice(0, 6), own[7]!, { ...own[8]!, uuid: "r9" }, { ...own[6]!, uuid: "r2" }, ...own.slice(9)];
    for (const lines of [own, reversed])
      expect((await readAll(lines)).map(({ messages }) => toldInFull(messages).slice(-4))).to.deep.equal([COUNTED.slice(1)]);
  });

  it("takes each block once where lines repeat what was there, or hold all so far", async () => {
    const growing = (uuid: string, parent: string, content: JsonObject[]) => line(uuid, parent, "assistant", { id: "m", content });
    const call = use("t", "f", { x: 1 });
    const lines = [
      user("u", null, "?"),
      growing("a", "u", [text("I l")]),
      growing("b", "a", [text("I look."), call]),
      growing("c", "b", [call]),
      growing("c", "b", [call]),
      user("r", "c", result("t", "1")),
      growing("d", "r", [text("I look.")]),
      line("e", "d", "assistant", { id: "n", content: "1" }),
    ];
    expect(all(await readAll(lines))).to.deep.equal([["user: ?", 'assistant: I look. [t f {"x":1}]', "tool t f: 1", "assistant: 1"]]);
  });

  it("loses no call where calls of one message share an id, or are the same", async () => {
    const once = use("t", "f", { x: 1 });
    const message = (uuid: string, parent: string, ...content: JsonObject[]) => line(uuid, parent, "assistant", { id: "m", content });
    const lines = [
      user("u", null, "?"),
      message("a", "u", once, once),
      message("b", "a", use("t", "f", { x: 2 })),
      user("r", "b", [...result("t", "1"), ...result("t", "2"), ...result("t", "3")]),
    ];
    const [only] = await readAll(lines);
    expect(toldInFull(only!.messages)[1]).to.match(/^assistant: \[t f {"x":1}\] \[\S+ f {"x":1}\] \[\S+ f {"x":2}\]$/);
    expect(only!.faults).to.deep.equal([]);
  });

  it("tells several sessions in one file apart, and a copied history once", async () => {
    const other = [user("v1", null, "Hi", { sessionId: "s-2" }), model("b1", "v1", "msg_9", text("Hello"), { sessionId: "s-2" })];
    const resumed = [user("u9", "a5", "And in c?", { sessionId: "s-3" }), model("a9", "u9", "msg_3", text("None."), { sessionId: "s-3" })];
    const read = await readAll([...PARALLEL.slice(2, 5), ...other, ...PARALLEL.slice(5), ...PARALLEL, ...resumed]);
    expect(all(read)).to.deep.equal([
      ["user: Hi", "assistant: Hello"],
      [...COUNTED, "user: And in c?", "assistant: None."],
    ]);
  });

  it("makes a conversation of each sub-agent, beside the one that sent it", async () => {
    const side = { isSidechain: true };
    const lines = [
      user("u1", null, "Find it."),
      model("a1", "u1", "m1", use("task", "Task", { prompt: "Search a." })),
      user("s1", null, "Search a.", side),
      model("s2", "s1", "m2", use("g", "Grep", { pattern: "x" }), side),
      user("s3", "s2", result("g", "a:1"), side),
      model("s4", "s3", "m3", text("In a:1."), side),
      user("r1", "a1", result("task", [text("In a:1.")])),
      model("a2", "r1", "m4", text("It is in a:1.")),
    ];
    expect(all(await readAll(lines))).to.deep.equal([
      ["user: Search a.", 'assistant: [g Grep {"pattern":"x"}]', "tool g Grep: a:1", "assistant: In a:1."],
      ["user: Find it.", 'assistant: [task Task {"prompt":"Search a."}]', "tool task Task: In a:1.", "assistant: It is in a:1."],
    ]);
  });

  it("makes a conversation of each answered branch where the user took a turn back", async () => {
    const lines = [
      user("u1", null, "one"),
      model("a1", "u1", "m1", text("1")),
      user("u2", "a1", "two, badly put"),
      user("u3", "a1", "two"),
      model("a3", "u3", "m3", text("2")),
      user("u4", "a1", "three"),
      model("a4", "u4", "m4", text("3")),
    ];
    expect(all(await readAll(lines))).to.deep.equal([
      ["user: one", "assistant: 1", "user: two", "assistant: 2"],
      ["user: one", "assistant: 1", "user: three", "assistant: 3"],
    ]);
  });

  it("begins anew after a compaction: the model saw only the summary", async () => {
    const lines = [
      ...PARALLEL,
      { type: "system", subtype: "compact_boundary", uuid: "c", parentUuid: null, logicalParentUuid: "a5", sessionId: "s-1", isSidechain: false },
      user("u7", "c", "This session is continued: files were counted.", { isCompactSummary: true }),
      user("u8", "u7", "How many?"),
      model("a8", "u8", "msg_8", text("Three.")),
    ];
    expect(all(await readAll(lines))).to.deep.equal([
      COUNTED,
      ["user: This session is continued: files were counted.", "user: How many?", "assistant: Three."],
    ]);
  });

  it("asks what the user asked, not what the program said in the user's name", async () => {
    const lines = [
      user("c", null, "Caveat: the messages below were generated by local commands.", { isMeta: true }),
      user("u", "c", "Fix the test."),
      model("a", "u", "m", text("Fixed.")),
      {
        type: "attachment",
        attachment: { type: "queued_command", prompt: "and the docs" },
        uuid: "q",
        parentUuid: "a",
        sessionId: "s-1",
        isSidechain: false,
      },
      model("b", "q", "n", text("Both fixed.")),
    ];
    const [only] = await readAll(lines);
    expect(only!.query.question).to.equal("Fix the test.");
    expect(toldInFull(only!.messages).slice(3)).to.deep.equal(["user: and the docs", "assistant: Both fixed."]);
  });

  it("keeps what the program wrote in the model's name out of the model's turns, and names an error of the API", async () => {
    const synthetic = (uuid: string, parent: string, words: string, more: JsonObject = {}) =>
      line(uuid, parent, "assistant", { id: uuid, model: "<synthetic>", content: [text(words)] }, more);
    const lines = [
      user("u", null, "Go."),
      synthetic("e", "u", "API Error: 529 overloaded", { isApiErrorMessage: true }),
      user("v", "e", "again"),
      model("a", "v", "m", text("Gone.")),
      user("w", "a", "thanks"),
      synthetic("n", "w", "No response requested."),
    ];
    const [only, ...others] = await readAll(lines);
    expect(others).to.deep.equal([]);
    expect(toldInFull(only!.messages)).to.deep.equal(["user: Go.", "user: again", "assistant: Gone.", "user: thanks"]);
    expect([only!.faults, only!.answer]).to.deep.equal([["the API failed: API Error: 529 overloaded"], "Gone."]);
  });

  it("is read as `stream-json` too, with the tools it names", async () => {
    const at = { session_id: "s-9", parent_tool_use_id: null };
    const lines: JsonObject[] = [
      { type: "system", subtype: "init", tools: ["Bash", "Read"], model: "claude-sonnet-4-5", ...at },
      { type: "user", message: { role: "user", content: "Go." }, ...at },
      { type: "assistant", message: { id: "m1", role: "assistant", model: "claude-sonnet-4-5", content: [use("t", "Bash", {})] }, ...at },
      { type: "user", message: { role: "user", content: result("t", "ok") }, ...at },
      { type: "result", subtype: "error_max_turns", is_error: false, num_turns: 1, ...at },
    ];
    const [only] = await readAll(lines);
    expect(toldInFull(only!.messages)).to.deep.equal(["user: Go.", "assistant: [t Bash {}]", "tool t Bash: ok"]);
    expect([only!.tools.map(({ name }) => name), only!.finish]).to.deep.equal([["Bash", "Read"], "turn-limit"]);
  });

  it("does not hang on lines that follow each other in a circle, nor on long ones", async () => {
    const circle = [user("u1", "a1", "?"), model("a1", "u1", "m", text("x")), user("u2", "a2", "?"), model("a2", "u2", "n", text("y"))];
    expect((await readAll(circle)).length).to.be.greaterThan(0);
    const long: JsonObject[] = [user("0", null, "?")];
    for (let number = 1; number < 4_000; number += 2) {
      long.push(model(`${number}`, `${number - 1}`, `m${number}`, use(`t${number}`, "f", {})));
      long.push(user(`${number + 1}`, `${number}`, result(`t${number}`, "x".repeat(20))));
    }
    expect((await readAll(long)).map(({ messages }) => messages.length)).to.deep.equal([4_001]);
  });

  it("leaves rows of other kinds what they are, and refuses them where they are", async () => {
    const read = await readRows([
      ...PARALLEL,
      {
        messages: [
          { role: "user", content: "?" },
          { role: "assistant", content: "!" },
        ],
      },
      "text",
    ]);
    expect(read.map(({ problem, recordings }) => problem ?? recordings[0]?.trajectory.answer)).to.deep.equal([
      "!",
      "the row is not an object.",
      "Three.",
    ]);
  });
});
