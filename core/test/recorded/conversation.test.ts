import { expect } from "chai";
import { READING_RULES, readConversation } from "../../src/data/recorded/conversation.ts";
import type { JsonObject, RecordedConversation, RecordedTurn, Trajectory } from "../../src/kernel/plugin.ts";

const read = (turns: readonly RecordedTurn[], more: Partial<RecordedConversation> = {}, outcome?: JsonObject) =>
  readConversation({ turns, ...more }, READING_RULES, outcome);
const trajectoryOf = (turns: readonly RecordedTurn[], more: Partial<RecordedConversation> = {}) => read(turns, more).trajectory as Trajectory;
const q: RecordedTurn = { role: "user", content: "q" };
const says = (content: string, parts: JsonObject = {}): RecordedTurn => ({ role: "assistant", content, ...parts }) as RecordedTurn;
const tool = (content: string, parts: JsonObject = {}): RecordedTurn => ({ role: "tool", content, ...parts }) as RecordedTurn;
const add = { name: "add", arguments: { a: 1 } };

describe("a recorded conversation", () => {
  it("becomes a native trajectory whose answer is its last turn's", () => {
    expect(trajectoryOf([{ role: "system", content: "Be brief." }, q, says("It is \\boxed{4}.")], { model: "m", notes: { x: 1 } })).to.deep.include({
      dialect: "native",
      tools: [],
      answer: "4",
      finish: "answer",
      faults: [],
      provenance: { origin: "recorded", model: "m", notes: { x: 1 } },
    });
  });

  it("gives thinking, calls and results their places, however they were written", () => {
    const { messages } = trajectoryOf([
      q,
      says('<think>hm</think>Let me.\n<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>'),
      tool("<tool_response>2</tool_response>"),
      says("2"),
    ]);
    expect(messages.slice(1)).to.deep.equal([
      { role: "assistant", content: "Let me.", reasoning: "hm", toolCalls: [{ id: "call-0", name: "add", arguments: { a: 1 } }] },
      { role: "tool", toolCallId: "call-0", name: "add", content: "2", ok: true },
      { role: "assistant", content: "2" },
    ]);
  });

  it("takes results that a user's message holds as results", () => {
    const turns = [
      q,
      says('<tool_call>{"name": "a"}</tool_call><tool_call>{"name": "b"}</tool_call>'),
      { role: "user", content: "<tool_response>1</tool_response>\n<tool_response>2</tool_response>" } as const,
    ];
    expect(trajectoryOf([...turns, says("x")]).messages.slice(2, 4)).to.deep.equal([
      { role: "tool", toolCallId: "call-0", name: "a", content: "1", ok: true },
      { role: "tool", toolCallId: "call-1", name: "b", content: "2", ok: true },
    ]);
  });

  it("leaves a turn with its own calls alone: what looks like one in its text is text", () => {
    const content = '<tool_call>{"name": "b"}</tool_call>';
    const [, turn] = trajectoryOf([q, says(content, { calls: [{ ...add, id: "x" }] }), tool("1", { callId: "x" }), says("1")]).messages;
    expect(turn).to.deep.include({ content, toolCalls: [{ ...add, id: "x" }] });
  });

  it("puts results that stand together into the order of their calls", () => {
    const turns = [
      q,
      says("", {
        calls: [
          { ...add, id: "x" },
          { ...add, id: "y" },
        ],
      }),
      tool("of y", { callId: "y" }),
      tool("of x", { callId: "x" }),
      says("done"),
    ];
    expect(trajectoryOf(turns).messages.map(({ content }) => content)).to.deep.equal(["q", "", "of x", "of y", "done"]);
  });

  it("makes one turn of what the model wrote before a call, and of calls written one by one", () => {
    const { messages } = trajectoryOf([
      q,
      says("First.", { reasoning: "r1" }),
      says("", { reasoning: "r2", calls: [add] }),
      says("Then.", { calls: [add] }),
      tool("1"),
      tool("2"),
      says("end"),
    ]);
    expect(messages).to.have.length(5);
    expect(messages[1]).to.deep.include({ content: "First.\n\nThen.", reasoning: "r1\nr2" });
    expect(messages[1]).to.have.property("toolCalls").with.length(2);
  });

  it("makes one turn of them also late in a conversation, and gives it no thinking where there was none", () => {
    const { messages } = trajectoryOf([
      q,
      says("", { calls: [add] }),
      tool("1"),
      says("Once more."),
      says("", { calls: [add] }),
      tool("2"),
      says("end"),
    ]);
    expect(messages.map(({ content }) => content)).to.deep.equal(["q", "", "1", "Once more.", "2", "end"]);
    expect(messages[3]).to.have.all.keys("role", "content", "toolCalls");
  });

  it("keeps turns apart that differ in what is trained on, and texts with no call after them", () => {
    expect(trajectoryOf([q, says("a", { train: false }), says("", { calls: [add] }), tool("1"), says("b"), says("c")]).messages).to.have.length(6);
  });

  it("names malformed calls, refusals and thinking that never ends", () => {
    expect(trajectoryOf([q, says("", { calls: [{ name: "f", arguments: "{" }] }), tool("?"), says("x")]).faults).to.deep.equal([
      "malformed tool call: the arguments are not a JSON object",
    ]);
    const refused = trajectoryOf([q, says("", { refusal: "I cannot help with that." })]);
    expect(refused).to.deep.include({ faults: ["the model refused"], finish: "no-answer" });
    expect(refused.messages[1]).to.deep.equal({ role: "assistant", content: "I cannot help with that." });
    expect(trajectoryOf([q, says("<think>so the answer is 4")])).to.deep.include({ faults: ["thinking that never ends"], finish: "no-answer" });
  });

  it("tells failed results by what they say, unless the log says it", () => {
    const okOf = (content: string, parts: JsonObject = {}) =>
      (trajectoryOf([q, says("", { calls: [add] }), tool(content, parts), says("x")]).messages[2] as { ok: boolean }).ok;
    expect(okOf("Error: x")).to.equal(false);
    expect(okOf("fine")).to.equal(true);
    expect(okOf("fine", { ok: false })).to.equal(false);
    expect(okOf("Error: x", { ok: true })).to.equal(true);
  });

  it("finds the answer before the last words of others", () => {
    expect(trajectoryOf([q, says("3 C"), { role: "user", content: "Thanks, bye." }])).to.deep.include({ answer: "3 C", finish: "answer" });
  });

  it("finds the answer in the call that ends the run", () => {
    const ended = (args: JsonObject, content = "") => trajectoryOf([q, says(content, { calls: [{ name: "Finish", arguments: args }] })]);
    expect(ended({ answer: "Paris" })).to.deep.include({ answer: "Paris", faults: [] });
    expect(ended({ text: "Rome" }).answer).to.equal("Rome");
    expect(ended({}, "All done: 7").answer).to.equal("All done: 7");
    expect(ended({ a: "x", b: "y" })).to.deep.include({ finish: "no-answer" });
  });

  it("has none where it ends with a call, and takes the recording's own word for it", () => {
    expect(trajectoryOf([q, says("", { calls: [add] })])).to.deep.include({ finish: "no-answer" });
    expect(trajectoryOf([q, says("yes, 4")], { answer: "4" }).answer).to.equal("4");
    expect(trajectoryOf([q, says("4")], { answer: null }))
      .to.deep.include({ finish: "no-answer" })
      .and.not.to.have.property("answer");
  });

  it("may end with open calls where a limit ended it", () => {
    expect(trajectoryOf([q, says("", { calls: [add] })], { finish: "tool-limit" }).faults).to.deep.equal([]);
  });

  it("is identified by what was asked: question, answers, system prompt, tools", () => {
    const tools = [{ name: "add", description: "", parameters: {} }];
    const base = read([q, says("x")]);
    const others = [
      read([{ role: "system", content: "s" }, q, says("x")]),
      read([q, says("x")], { tools }),
      read([q, says("x")], { query: { answers: ["x"] } }),
      read([{ role: "user", content: "p" }, says("x")]),
    ];
    expect(new Set([base, ...others].map(({ group }) => group))).to.have.length(5);
    expect(new Set([base, ...others].map(({ trajectory }) => trajectory.query.id))).to.have.length(5);
    expect(read([q, says("y")]).group).to.equal(base.group);
    expect(read([q, says("y")], { tools, toolsFromCalls: true }).group).to.equal(base.group);
  });

  it("keeps what the log says of its outcome", () => {
    expect(read([q, says("x")], { notes: { a: 1 } }, { reward: 0.5 }).trajectory.provenance.notes).to.deep.equal({ a: 1, outcome: { reward: 0.5 } });
  });

  it("asks the system prompt where there is no user, and is refused where there is neither", () => {
    expect(trajectoryOf([{ role: "system", content: "Fix the bug." }, says("done")]).query.question).to.equal("Fix the bug.");
    expect(() => trajectoryOf([says("done")])).to.throw("the row holds no turn of a user, so there is no question.");
  });

  it("keeps sampled turns as they are: their own text, tokens and mask, apart from their neighbours", () => {
    const sampled = says("<think>x</think>7", { text: "<think>x</think>7" });
    expect(trajectoryOf([q, sampled]).messages[1]).to.deep.equal(sampled);
    const call = says("", { calls: [add] });
    const first = says("a");
    for (const mark of [{ text: "as sampled" }, { tokens: [1] }]) {
      for (const [one, other] of [
        [{ ...first, ...mark }, call],
        [first, { ...call, ...mark }],
      ] as const) {
        const { messages } = trajectoryOf([q, one, other, tool("1"), says("b")]);
        expect(messages, JSON.stringify([one, other])).to.have.length(5);
        expect([messages[1], messages[2]].filter((turn) => Object.keys(mark).every((key) => key in (turn ?? {})))).to.have.length(1);
      }
    }
    expect(trajectoryOf([q, says("a", { train: true }), call, tool("1")]).messages).to.have.length(3);
    expect(trajectoryOf([q, says("a", { train: false }), says("", { calls: [add], train: false }), tool("1")]).messages[1]).to.deep.include({
      content: "a",
      train: false,
    });
  });

  it("joins a refusal with the call after it, and says that it refused", () => {
    const { messages, faults, answer } = trajectoryOf([
      q,
      says("", { refusal: "I cannot." }),
      says("But", { calls: [{ name: "finish", arguments: { answer: "x" } }] }),
    ]);
    expect(messages[1]).to.deep.include({ content: "I cannot.\n\nBut" });
    expect(faults).to.deep.equal(["the model refused"]);
    expect(answer).to.equal(undefined);
  });

  it("keeps what the log says of a result, and the id of one that is wrapped in a tag", () => {
    const measured = { durationMs: 12, isolation: "bwrap" };
    const turns = [
      q,
      says("", {
        calls: [
          { ...add, id: "x" },
          { ...add, id: "y" },
        ],
      }),
    ];
    const { messages } = trajectoryOf([
      ...turns,
      tool("<tool_response>of y</tool_response>", { callId: "y", ...measured }),
      tool("of x", { callId: "x" }),
      says("z"),
    ]);
    expect(messages.slice(2, 4)).to.deep.equal([
      { role: "tool", toolCallId: "x", name: "add", content: "of x", ok: true },
      { role: "tool", toolCallId: "y", name: "add", content: "of y", ok: true, ...measured },
    ]);
    const { messages: one } = trajectoryOf([...turns, tool("<tool_response>of y</tool_response>", { callId: "y" }), says("z")]);
    expect(one[2]).to.deep.include({ toolCallId: "y", content: "of y" });
    const both = "<tool_response>1</tool_response><tool_response>2</tool_response>";
    const { messages: shared, faults } = trajectoryOf([...turns, tool(both, { callId: "y" }), says("z")]);
    expect(shared.slice(2, 4).map((message) => "toolCallId" in message && [message.toolCallId, message.content])).to.deep.equal([
      ["x", "1"],
      ["y", "2"],
    ]);
    expect(faults).to.deep.equal([]);
  });

  it("takes results neither from a system prompt nor from what only speaks of them", () => {
    const system: RecordedTurn = { role: "system", content: "<tool_response>1</tool_response>" };
    expect(trajectoryOf([system, q, says("x")]).messages[0]).to.deep.equal(system);
  });

  it("that ends with results in another order than its calls has them in the calls' order too", () => {
    const calls = [
      { ...add, id: "x" },
      { ...add, id: "y" },
    ];
    const { messages } = trajectoryOf([q, says("", { calls }), tool("of y", { callId: "y" }), tool("of x", { callId: "x" })]);
    expect(messages.map(({ content }) => content)).to.deep.equal(["q", "", "of x", "of y"]);
  });

  it("has its format's own faults first, and a malformed call that is among them only once", () => {
    const known = "malformed tool call: the arguments are not a JSON object";
    const turns = [q, says("", { calls: [{ name: "f", arguments: "{" }] }), tool("?"), says("x")];
    expect(trajectoryOf(turns, { faults: ["odd", known] }).faults).to.deep.equal(["odd", known]);
    expect(trajectoryOf(turns, { faults: ["odd"] }).faults).to.deep.equal(["odd", known]);
  });

  it("may not end with open calls where no limit ended it", () => {
    const ended = (finish: Trajectory["finish"]) => trajectoryOf([q, says("", { calls: [add] })], { finish }).faults;
    for (const finish of ["tool-limit", "turn-limit", "token-limit"] as const) expect(ended(finish), finish).to.deep.equal([]);
    for (const finish of ["answer", "no-answer", "failed"] as const) expect(ended(finish), finish).to.have.length(1);
  });

  it("has no answer where the words stand beside a call, where nobody spoke, and where only white space was said", () => {
    expect(trajectoryOf([q, says("Let me see.", { calls: [add] }), tool("1")])).not.to.have.property("answer");
    expect(trajectoryOf([q])).to.deep.include({ finish: "no-answer", messages: [q] });
    expect(trajectoryOf([q, says(" \n")])).not.to.have.property("answer");
  });

  it("finds in the call that ends the run the argument that answers, else the only text or number", () => {
    const ended = (args: JsonObject) => trajectoryOf([q, says("said", { calls: [{ name: "submit", arguments: args }] })]).answer;
    expect(ended({ note: "n", answer: "a", text: "t" })).to.equal("a");
    expect(ended({ text: "t", note: "n" })).to.equal("t");
    expect(ended({ answer: 42, note: "n" })).to.equal("42");
    expect(ended({ answer: { a: 1 }, result: "r" })).to.equal("r");
    expect(ended({ place: "Oslo", sure: true, more: {} })).to.equal("Oslo");
    expect(ended({ n: 7, more: null })).to.equal("7");
    expect(ended({ a: 1, b: "2" })).to.equal("said");
    expect(ended({ answer: "" })).to.equal("said");
  });

  it("ends with a call of any tool that logs end with, and of no other", () => {
    const faultsAt = (name: string) => trajectoryOf([q, says("", { calls: [{ name, arguments: { answer: "a" } }] })]).faults;
    for (const name of ["finish", "Submit", "final_answer", "attempt_completion", "task_complete"]) expect(faultsAt(name), name).to.deep.equal([]);
    for (const name of ["search", "finish_later"]) expect(faultsAt(name), name).to.have.length(1);
  });

  it("keeps usage, model and notes where there are some, and a provenance as it was given", () => {
    const usage = { promptTokens: 1, cachedTokens: 0, completionTokens: 2, modelCalls: 1, toolCalls: 0 };
    expect(trajectoryOf([q, says("x")], { usage }).usage).to.deep.equal(usage);
    expect(trajectoryOf([q, says("x")])).not.to.have.property("usage");
    expect(trajectoryOf([q, says("x")]).provenance).to.deep.equal({ origin: "recorded" });
    expect(trajectoryOf([q, says("x")], { model: "" }).provenance).to.deep.equal({ origin: "recorded" });
    const provenance = { origin: "repair", parent: "t-1" } as const;
    expect(read([q, says("x")], { provenance, model: "m" }, { reward: 1 }).trajectory.provenance).to.deep.equal(provenance);
  });

  it("is the same question whatever the order of the answers and the space around it, and only by what was said before the model spoke", () => {
    const group = (turns: readonly RecordedTurn[], more: Partial<RecordedConversation> = {}) => read(turns, more).group;
    const base = group([q, says("x")], { query: { answers: ["a", "b"] } });
    expect(group([{ role: "user", content: " q\n" }, says("x")], { query: { answers: ["b", "a"] } })).to.equal(base);
    expect(group([{ role: "system", content: "" }, q, says("x")], { query: { answers: ["a", "b"] } })).to.equal(base);
    expect(group([q, says("x"), { role: "system", content: "late" }, says("y")], { query: { answers: ["a", "b"] } })).to.equal(base);
    expect(group([q, tool("1"), { role: "system", content: "late" }, says("y")], { query: { answers: ["a", "b"] } })).to.equal(base);
    const system: RecordedTurn = { role: "system", content: "s" };
    expect(group([says("hi"), system, q])).to.equal(group([says("hi"), q]));
    expect(group([q, system])).to.equal(group([system, q, says("x")]));
    expect(group([q, system])).not.to.equal(group([q]));
  });

  it("keeps what its format says of the question, and makes up what it does not", () => {
    const { id, ...rest } = trajectoryOf([q, says("x")]).query;
    expect(id).to.match(/^q-[0-9a-f]{16}$/);
    expect(rest).to.deep.equal({ question: "q", answers: [] });
    const own = { id: "mine", question: "asked", answers: ["x"], task: "sums" };
    expect(trajectoryOf([q, says("x")], { query: own }).query).to.deep.equal(own);
  });

  it("of a format that gives something else is refused with what is missing", () => {
    expect(() => readConversation({ messages: [] } as never, READING_RULES, undefined)).to.throw(
      "its format gave no conversation: it has no `turns`.",
    );
    expect(() => readConversation(undefined as never, READING_RULES, undefined)).to.throw("its format gave no conversation");
  });

  it("has thinking once that a log has beside the words and in them", () => {
    const [, turn] = trajectoryOf([q, says("<think>\nhm\n</think>4", { reasoning: "hm\n" })]).messages;
    expect(turn).to.deep.equal({ role: "assistant", content: "4", reasoning: "hm\n" });
  });

  it("has as one turn all that was written before a result, and is the same when it is read again", () => {
    const call = { ...add, id: "x" };
    const told = (turns: readonly RecordedTurn[]) => trajectoryOf(turns).messages.map(({ role, content }) => `${role} ${content}`);
    const before = [q, says("One."), says("Two."), says("Three.", { calls: [call] }), tool("2", { callId: "x" }), says("a"), says("b")];
    expect(told(before)).to.deep.equal(["user q", "assistant One.\n\nTwo.\n\nThree.", "tool 2", "assistant a", "assistant b"]);
    const after = [q, says("", { calls: [call] }), says("I am calling."), tool("2", { callId: "x" }), says("a")];
    expect(told(after)).to.deep.equal(["user q", "assistant I am calling.", "tool 2", "assistant a"]);
    expect(told([q, says("", { calls: [call] }), says("No tool is needed.")])).to.deep.equal([
      "user q",
      "assistant ",
      "assistant No tool is needed.",
    ]);
  });

  it("has the answer that a call hands in, whatever kind of value it is", () => {
    const answers = (text: string) => trajectoryOf([q, says("", { calls: [{ id: "f", name: "final_answer", arguments: text }] })]).answer;
    expect(answers('{"answer": 12345678901234567890}')).to.equal("12345678901234567890");
    expect(answers('{"answer": true}')).to.equal("true");
    expect(answers('{"answer": ["x", 1]}')).to.equal('["x",1]');
    expect(answers('{"answer": null, "result": "y"}')).to.equal("y");
    expect(answers('{"total": 9007199254740993}')).to.equal("9007199254740993");
    expect(answers('{"success": true}')).to.equal(undefined);
  });
});
