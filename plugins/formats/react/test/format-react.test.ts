import { ExportTally } from "@autotraj/core";
import type { AssistantMessage, Format, JsonObject, JsonValue, Message, PreferencePair, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { jsonLines, readFile, trajectoriesOf } from "../../../../test/formats/reading.ts";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import { LONGEST_NOTE } from "../src/read.ts";
import { problem, react, read, readAll, type SftRow } from "./support.ts";

const NUMBERED = `Question: Who made Wallace and Gromit?
Thought 1: I search it.
Two lines.
Action 1: Search[Wallace [and] Gromit]
Observation 1: Made by Nick Park.
Thought 2: So it is he.
Action 2: Finish[Nick Park]
`;
const LANGCHAIN = `Question: 6*7?
Thought: I should calculate.
Action: python
Action Input: print(6*7)
Observation: 42
Thought: I now know the final answer
Final Answer: It is \\boxed{42}.`;
const calls = ({ messages }: Trajectory) => messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
const results = ({ messages }: Trajectory) => messages.filter((message): message is ToolMessage => message.role === "tool");

describe("a ReAct log", () => {
  it("with numbers and brackets is read with its thoughts, actions, observations and answer", async () => {
    const { query, messages, answer, finish, tools } = await read({ text: NUMBERED, answer: "Nick Park", model: "gpt-3.5", task: "hotpotqa" });
    expect(query).to.deep.include({ question: "Who made Wallace and Gromit?", answers: ["Nick Park"], task: "hotpotqa" });
    expect(messages).to.deep.equal([
      { role: "user", content: "Who made Wallace and Gromit?" },
      {
        role: "assistant",
        content: "",
        reasoning: "I search it.\nTwo lines.",
        toolCalls: [{ id: "call-0", name: "search", arguments: { query: "Wallace [and] Gromit" } }],
      },
      { role: "tool", toolCallId: "call-0", name: "search", content: "Made by Nick Park.", ok: true },
      { role: "assistant", content: "Nick Park", reasoning: "So it is he." },
    ]);
    expect({ answer, finish }).to.deep.equal({ answer: "Nick Park", finish: "answer" });
    expect(tools).to.deep.equal([
      {
        name: "search",
        description: "",
        parameters: { type: "object", properties: { query: { type: "string" } } },
        tag: { name: "search", argument: "query" },
      },
    ]);
  });

  it("in LangChain's form is read as well, its answer taken out of the box", async () => {
    const trajectory = await read(LANGCHAIN);
    expect(calls(trajectory)).to.deep.equal([{ id: "call-0", name: "python", arguments: { code: "print(6*7)" } }]);
    expect(trajectory.messages.at(-1)).to.deep.equal({ role: "assistant", content: "It is \\boxed{42}.", reasoning: "I now know the final answer" });
    expect(trajectory.answer).to.equal("42");
  });

  it("has JSON arguments where an input is a JSON object", async () => {
    const trajectory = await read('Question: ?\nAction: book\nAction Input: {"city": "Rome", "nights": 2}\nObservation: done');
    expect(calls(trajectory)[0]!.arguments).to.deep.equal({ city: "Rome", nights: 2 });
    expect(trajectory.tools[0]).not.to.have.property("tag");
  });

  it("is read from prompt and completion: the prompt's last question counts, what is before it is the system message", async () => {
    const prompt = `Solve it.\n\n${NUMBERED}\nQuestion: 6*7?\nThought:`;
    const completion = " easy.\nAction: python\nAction Input: 6*7\nObservation: 42\nFinal Answer: 42\n\nQuestion: invented?\nThought: no.";
    const { messages, query } = await read({ prompt, completion });
    expect(query.question).to.equal("6*7?");
    expect(messages[0]).to.deep.equal({ role: "system", content: `Solve it.\n\n${NUMBERED}`.trim() });
    expect((messages[2] as AssistantMessage).reasoning).to.equal("easy.");
    expect(messages.at(-1)!.content).to.equal("42");
  });

  it("is read with the question beside the text", async () => {
    const { messages } = await read({ question: "6*7?", log: "Thought: easy.\nFinal Answer: 42" });
    expect(messages.map(({ content }) => content)).to.deep.equal(["6*7?", "42"]);
  });

  it("of several episodes is several trajectories, from a text file too", async () => {
    const file = `Run of May\n\n${NUMBERED}\n${LANGCHAIN}\n`;
    expect((await readAll({ text: file })).map(({ answer }) => answer)).to.deep.equal(["Nick Park", "42"]);
    for (const content of [file, file.replaceAll("\n", "\r\n")]) {
      const rows = (await readFile(await react(), content, "log.txt")).map(trajectoriesOf);
      expect(rows.map((trajectories) => trajectories.map(({ answer }) => answer))).to.deep.equal([["Nick Park"], ["42"]]);
      expect(rows[0]![0]!.provenance.notes).to.deep.equal({ before: "Run of May" });
    }
    expect((await readFile(await react(), "no log", "log.txt")).map(({ problem: why }) => why)).to.deep.equal([
      'text has no line that begins with "Question:", and there is no question beside it.',
    ]);
  });

  it("keeps what the recorder wrote after the end in a note of bounded length", async () => {
    const { provenance, messages } = await read(`${NUMBERED}Observation 2: Answer is CORRECT\n${"x".repeat(2 * LONGEST_NOTE)}`);
    expect(messages).to.have.length(4);
    expect(String(provenance.notes?.["ending"]))
      .to.match(/^Observation: Answer is CORRECT/)
      .and.have.length(LONGEST_NOTE);
    const { provenance: other, answer } = await read(`${NUMBERED}Correct answer: Nick Park`);
    expect([other.notes, answer]).to.deep.equal([{ ending: "Correct answer: Nick Park" }, "Nick Park"]);
  });

  it("that ends without an answer has none, and its last thought or unanswered action stays", async () => {
    const halted = NUMBERED.slice(0, NUMBERED.indexOf("Action 2"));
    const { finish, messages } = await read(halted);
    expect(finish).to.equal("no-answer");
    expect(messages.at(-1)).to.deep.equal({ role: "assistant", content: "", reasoning: "So it is he." });
    const cut = await read(NUMBERED.slice(0, NUMBERED.indexOf("Observation 1")));
    expect(cut.faults).to.deep.equal(["unpaired: turn 2, the call call-0 of search has no result"]);
    expect(calls(cut)).to.have.length(1);
  });

  it("keeps an action that is none as a malformed call, with the observation it got", async () => {
    const trajectory = await read("Question: ?\nThought 1: hm\nAction 1: I would search.\nObservation 1: Invalid Action. Valid are …\nThought 2: so");
    expect(calls(trajectory)[0]!.malformed).to.deep.equal({ raw: "I would search.", reason: "the action is not of the form Name[input]" });
    expect(results(trajectory).map(({ ok }) => ok)).to.deep.equal([false]);
    expect(trajectory.faults).to.have.length(1);
    expect(trajectory.tools).to.deep.equal([]);
  });

  it("with numbers is not misled by an observation that quotes another log", async () => {
    const quoted = "Question is:\nThought 1: theirs\nAction 1: Finish[theirs]\nThought: theirs\nFinal Answer: theirs";
    const trajectory = await read(NUMBERED.replace("Made by Nick Park.", `Found:\n${quoted}`));
    expect(results(trajectory)[0]!.content).to.equal(`Found:\n${quoted}`);
    expect(trajectory.answer).to.equal("Nick Park");
  });

  it("of great length is read in time that grows with it, and odd characters stay", async () => {
    const content = `${"Thought 7: \u2028Question: 😀 ".repeat(20_000)}${"\nAction 9: x[".repeat(20_000)}`;
    expect(results(await read(NUMBERED.replace("Made by Nick Park.", content)))[0]!.content).to.equal(content);
  });
});

describe("a ReAct log whose model speaks before its first label", () => {
  const asked = async (text: string, more: JsonObject = {}) => {
    const { messages } = await read({ text, ...more });
    const question = messages.find(({ role }) => role === "user")!.content;
    const turn = messages.find(({ role }) => role === "assistant") as AssistantMessage;
    return { question, words: [turn.content, turn.reasoning ?? ""].filter((one) => one !== "") };
  };
  const ACT = 'Action: search\nAction Input: {"q": "x"}\nObservation: 34\nFinal Answer: 34';

  const words: readonly (readonly [string, string, string, readonly string[]])[] = [
    [
      "that sets out to do something",
      `Question: How many in 2022?\nTo answer, I need to search.\n\n${ACT}`,
      "How many in 2022?",
      ["To answer, I need to search."],
    ],
    ["without an empty line", `Question: How many in 2022?\nI should look it up.\n${ACT}`, "How many in 2022?", ["I should look it up."]],
    ["in any sentence where no thought follows", `Question: How many?\n\nThe season is known.\n\n${ACT}`, "How many?", ["The season is known."]],
    ["in another language", `Question: 今日の天気は？\n検索します。\n${ACT}`, "今日の天気は？", ["検索します。"]],
    ["before its first thought", `Question: How many?\nLet me think.\nThought: I search.\n${ACT}`, "How many?", ["Let me think.", "I search."]],
    [
      "after a request",
      `Question: Count the home runs of 2022.\nI'll search for it.\n${ACT}`,
      "Count the home runs of 2022.",
      ["I'll search for it."],
    ],
    [
      "after a question of several lines",
      `Question: Tom has 3 apples.\nHow many are left?\nLet's see.\n${ACT}`,
      "Tom has 3 apples.\nHow many are left?",
      ["Let's see."],
    ],
    ["in several lines", `Question: How many?\nI need to search.\n\nThen I count.\n${ACT}`, "How many?", ["I need to search.\n\nThen I count."]],
    ["and then answers", "Question: How many?\nI can tell at once.\nFinal Answer: 34", "How many?", ["34", "I can tell at once."]],
  ];
  for (const [what, text, question, said] of words) {
    it(`${what} has a question without these words`, async () => {
      expect(await asked(text)).to.deep.equal({ question, words: said });
    });
  }

  const questions: readonly (readonly [string, string])[] = [
    ["choices", "Which is right?\nA) x\nB) y"],
    ["choices after an empty line", "Which is right?\n\n(1) x\n(2) y"],
    ["a passage with its name", "Who is it?\nContext: The king. He reigned."],
    ["code", "What does it print?\nprint(2 + 2)"],
    ["a table", "Which row is it?\n| a | b |\n| 1 | 2 |"],
    ["a second question", "Who is he?\nAnd when was he born?"],
    ["several sentences", "Tom has 3 apples.\nHe eats one.\nCompute the rest."],
    ["several paragraphs", "Tom has 3 apples.\n\nHe eats one. How many are left?"],
  ];
  for (const [what, question] of questions) {
    it(`and asks with ${what} keeps the whole question`, async () => {
      expect((await asked(`Question: ${question}\n${ACT}`)).question).to.equal(question);
      expect((await asked(`Question: ${question}\nThought: hm\n${ACT}`)).question).to.equal(question);
    });
  }

  it("keeps a sentence after the question as the question's where a thought follows", async () => {
    expect((await asked(`Question: How many?\nThe season is known.\nThought: hm\n${ACT}`)).question).to.equal("How many?\nThe season is known.");
  });

  it("is told exactly where the row has question and completion apart", async () => {
    const odd = "A passage. No question mark here";
    const words = "12: the number of months";
    const rows: readonly JsonObject[] = [
      { question: odd, text: `${words}\n${ACT}` },
      { question: odd, text: `Question: ${odd}\n${words}\n${ACT}` },
      { prompt: `Question: ${odd}\n`, completion: `${words}\n${ACT}` },
      { prompt: `Question: ${odd}`, completion: `${words}\n${ACT}` },
    ];
    for (const row of rows) {
      const { messages } = await read(row);
      expect(
        messages.slice(0, 2).map(({ content }) => content),
        JSON.stringify(row),
      ).to.deep.equal([odd, words]);
    }
  });

  it("is grouped with the runs that have no such words", async () => {
    const texts = [`Question: How many?\nTo answer, I need to search.\n\n${ACT}`, `Question: How many?\nThought: hm\n${ACT}`];
    const rows = await readFile(await react(), jsonLines(texts));
    expect(new Set(rows.flatMap(({ recordings }) => recordings.map(({ group }) => group))).size).to.equal(1);
  });
});

describe("actions and observations of a ReAct log", () => {
  const pairs = (trajectory: Trajectory) => {
    const byId = new Map(calls(trajectory).map(({ id, arguments: args }) => [id, Object.values(args).join()]));
    return results(trajectory).map(({ toolCallId, content }) => `${byId.get(toolCallId)}: ${content}`);
  };

  it("are paired where an action got none: the next one keeps its own, and the open call is named", async () => {
    const numbered = await read("Question: ?\nAction 1: Search[x]\nThought 2: hm\nAction 2: Search[y]\nObservation 2: Y\nAction 3: Finish[z]");
    const plain = await read("Question: ?\nAction: Search[x]\nThought: hm\nAction: Search[y]\nObservation: Y\nFinal Answer: z");
    for (const trajectory of [numbered, plain]) {
      expect(pairs(trajectory)).to.deep.equal(["y: Y"]);
      expect(trajectory.faults).to.deep.equal(["unpaired: turn 2, the call call-0 of search has no result"]);
      expect(trajectory.answer).to.equal("z");
    }
  });

  it("are paired where several actions stand together: by their numbers, else by their order", async () => {
    const numbered = "Question: ?\nAction 1: Search[x]\nAction 2: Search[y]\nObservation 2: Y\nObservation 1: X\nAction 3: Finish[z]";
    const plain = "Question: ?\nAction: Search[x]\nAction: Search[y]\nObservation: X\nObservation: Y\nFinal Answer: z";
    for (const text of [numbered, plain]) {
      const trajectory = await read(text);
      expect(pairs(trajectory)).to.deep.equal(["x: X", "y: Y"]);
      expect(trajectory.faults).to.deep.equal([]);
    }
  });

  it("end where the next label comes: a second observation that no action awaits is the first one's text", async () => {
    const { messages } = await read("Question: ?\nAction: Search[x]\nObservation: X\nObservation: more\nFinal Answer: z");
    expect(messages.map(({ content }) => content)).to.deep.equal(["?", "", "X\nObservation: more", "z"]);
  });

  it("are read with the tools that the row lists, whose names they take", async () => {
    const tool = { name: "WebSearch", description: "Looks up", parameters: { type: "object", properties: { query: { type: "string" } } } };
    const text = "Question: ?\nAction 1: webSearch[x]\nObservation 1: X\nAction 2: Finish[z]";
    for (const tools of [[tool], JSON.stringify([{ type: "function", function: tool }])]) {
      const trajectory = await read({ text, tools });
      expect(trajectory.tools).to.deep.equal([tool]);
      expect(calls(trajectory)[0]!.name).to.equal("WebSearch");
    }
  });

  it("have failed where the text says so", async () => {
    for (const text of ["Invalid Action. Try again.", "NameError: name x is not defined", '{"error": "x"}', "Error: no payment"]) {
      expect(results(await read(`Question: ?\nAction: Search[x]\nObservation: ${text}\nFinal Answer: z`))[0]!.ok, text).to.equal(false);
    }
  });

  it("keep big numbers digit by digit", async () => {
    const [call] = calls(await read('Question: ?\nAction: book\nAction Input: {"id": 12345678901234567890}\nObservation: ok'));
    expect(JSON.stringify(call!.arguments)).to.equal('{"id":12345678901234567890}');
  });
});

describe("a ReAct text with several questions", () => {
  it("is one run where the row says which was asked: the others are worked examples", async () => {
    const text = `Solve it.\n\n${NUMBERED}\nQuestion: 6*7?\nThought: easy.\nFinal Answer: 42`;
    const { messages, query } = await read({ text, question: "6*7?", id: "row-1" });
    expect(messages.map(({ role }) => role)).to.deep.equal(["system", "user", "assistant"]);
    expect(messages[0]!.content).to.equal(`Solve it.\n\n${NUMBERED}`.trim());
    expect([query.question, query.id]).to.deep.equal(["6*7?", "row-1"]);
  });

  it("is several runs where it does not, none of which has the row's id", async () => {
    const all = await readAll({ text: `${NUMBERED}\n${LANGCHAIN}`, id: "row-1" });
    expect(all.map(({ query }) => query.id.startsWith("q-"))).to.deep.equal([true, true]);
  });
});

describe("a format is told by its rows", () => {
  const cases: readonly (readonly [string, JsonValue, boolean])[] = [
    ["a log", NUMBERED, true],
    ["a log in a field, with Windows' line ends", { log: LANGCHAIN.replaceAll("\n", "\r\n") }, true],
    ["a question beside its run", { question: "?", text: "Thought: hm\nFinal Answer: 1" }, true],
    ["prompt and completion", { prompt: "Question: ?\nThought:", completion: " hm\nAction: x" }, true],
    ["prompt and completion without labels", { prompt: "Hello", completion: "Hi" }, false],
    ["messages that speak of it", { messages: [{ role: "user", content: NUMBERED }] }, false],
    ["ShareGPT turns", { conversations: [{ from: "human", value: NUMBERED }] }, false],
    ["a prompt of messages", { prompt: [{ role: "user", content: "?" }], completion: [] }, false],
    ["steps", { question: "?", steps: [{ thought: "", tool: "x" }] }, false],
    ["any text", "Thoughtful: yes", false],
    ["nothing", null, false],
    ["a list", [NUMBERED], false],
  ];
  for (const [what, row, isKnown] of cases) {
    it(`: ${what} ${isKnown ? "is" : "is not"} ReAct`, async () => {
      expect((await react()).recognizes!(row) >= 0.5).to.equal(isKnown);
    });
  }
});

describe("a row that cannot be read", () => {
  const rows: readonly (readonly [string, JsonValue, string])[] = [
    ["is a number", 5, "the row is not an object."],
    ["has no text", { question: "?" }, "text is missing; expected text, log, or prompt and completion."],
    ["has a list for a text", { text: ["Question: ?"] }, "text is not text."],
    ["asks nothing", { text: "Thought: hm" }, 'text has no line that begins with "Question:", and there is no question beside it.'],
    [
      "asks nothing in its prompt",
      { prompt: "x", completion: "y" },
      'prompt has no line that begins with "Question:", and there is no question beside it.',
    ],
    ["has an empty question", { text: "Question: \nThought: hm" }, "text has an empty question."],
    ["has no run", { text: "Question: ?\nhm" }, "text has no Thought, Action or Final Answer after its question."],
    [
      "has no run in one of its episodes",
      { text: `${NUMBERED}Question: ?\nhm` },
      "text, episode 1, has no Thought, Action or Final Answer after its question.",
    ],
    ["has an answer that is an object", { text: NUMBERED, answers: ["1", {}] }, "answers[1] is neither text nor a number."],
  ];
  for (const [what, row, message] of rows) {
    it(`because it ${what} is refused with the place`, async () => {
      expect(await problem(row)).to.equal(message);
    });
  }
});

const messages: readonly Message[] = [
  { role: "system", content: "Use tools." },
  { role: "user", content: "6*7?" },
  { role: "assistant", content: "", reasoning: "hm", toolCalls: [{ id: "call-0", name: "python", arguments: { code: "print(6*7)" } }] },
  { role: "tool", toolCallId: "call-0", name: "python", content: "42", ok: true },
  { role: "assistant", content: "42", reasoning: "so" },
];
const trajectory = (overrides: Partial<Trajectory> = {}): Trajectory =>
  trajectoryWith({ id: "t-1", query: { id: "q", question: "6*7?", answers: ["42"] }, dialect: "native", messages, ...overrides });
const written = async (one: Trajectory, options: object = {}): Promise<SftRow> => (await react(options)).sft!(one) as unknown as SftRow;

describe("a trajectory, written", () => {
  it("is ReAct text whose observations carry no loss", async () => {
    expect(await written(trajectory())).to.deep.equal({
      id: "t-1",
      prompt: "Use tools.\n\nQuestion: 6*7?\n",
      completion: "Thought 1: hm\nAction 1: Python[print(6*7)]\nObservation 1: 42\nThought 2: so\nAction 2: Finish[42]",
      segments: [
        { text: "Thought 1: hm\nAction 1: Python[print(6*7)]\n", train: true },
        { text: "Observation 1: 42\n", train: false },
        { text: "Thought 2: so\nAction 2: Finish[42]", train: true },
      ],
    });
  });

  it("is in LangChain's form where the preset says so, with its system message", async () => {
    const { prompt, completion } = await written(trajectory(), { style: "input", system: "Answer in ReAct form." });
    expect(prompt).to.equal("Answer in ReAct form.\n\nQuestion: 6*7?\n");
    expect(completion).to.equal("Thought: hm\nAction: python\nAction Input: print(6*7)\nObservation: 42\nThought: so\nFinal Answer: 42");
  });

  it("keeps a turn out of the loss that is not trained on", async () => {
    const kept = messages.map((message, index) => (index === 2 ? { ...message, train: false } : message)) as Message[];
    const { segments } = await written(trajectory({ messages: kept }));
    expect(segments.filter(({ train }) => train).map(({ text }) => text)).to.deep.equal(["Thought 2: so\nAction 2: Finish[42]"]);
  });

  it("has each of several calls of a turn as a step with its own result", async () => {
    const call = (id: string, name: string, args: JsonObject) => ({ id, name, arguments: args });
    const several: Message[] = [
      { role: "user", content: "?" },
      { role: "assistant", content: "Both.", toolCalls: [call("a", "search", { query: "x" }), call("b", "book", { city: "Rome", nights: 2 })] },
      { role: "tool", toolCallId: "b", name: "book", content: "B", ok: true },
      { role: "tool", toolCallId: "a", name: "search", content: "A", ok: true },
    ];
    expect((await written(trajectory({ messages: several }))).completion).to.equal(
      'Thought 1: Both.\nAction 1: Search[x]\nObservation 1: A\nAction 2: Book[{"city":"Rome","nights":2}]\nObservation 2: B\n',
    );
  });

  for (const style of ["bracket", "input"]) {
    it(`comes back as it was, whatever stands in it (${style})`, async () => {
      const hostile = "\u2028x ]\nAction 2: Finish[no]\n  Thought 2: no\nFinal Answer: no\nQuestion: no\nObservation 1: no\n\nend]";
      const one = trajectory({
        query: { id: "q", question: hostile, answers: [] },
        messages: [
          { role: "user", content: hostile },
          { role: "assistant", content: "", reasoning: hostile, toolCalls: [{ id: "call-0", name: "webSearch", arguments: { input: hostile } }] },
          { role: "tool", toolCallId: "call-0", name: "webSearch", content: hostile, ok: true },
          { role: "assistant", content: "", toolCalls: [{ id: "call-1", name: "search", arguments: { query: '{"a": 1}' } }] },
          { role: "tool", toolCallId: "call-1", name: "search", content: "", ok: true },
          { role: "assistant", content: hostile, reasoning: "Final Answer: not yet" },
        ],
      });
      const row = await written(one, { style });
      expect(row.segments.map(({ text }) => text).join("")).to.equal(row.completion);
      expect((await read(row as unknown as JsonValue, { style })).messages).to.deep.equal(one.messages);
    });
  }

  const tool = { name: "python", description: "Runs code", parameters: { type: "object", properties: { code: { type: "string" } } } };

  it("carries its tools, and comes back with them", async () => {
    const row = await written(trajectory({ tools: [{ ...tool, tag: { name: "code", argument: "code" } }] }));
    expect((row as unknown as JsonObject)["tools"]).to.deep.equal([{ type: "function", function: tool }]);
    expect((await read(row as unknown as JsonValue)).tools).to.deep.equal([tool]);
  });

  it("comes back with parallel calls as steps, a malformed action as it was, and odd characters", async () => {
    const odd = "a\u2028b \u202eשלום\u202c 🧮\u200d <think>x</think> <tool_call>";
    const several: Message[] = [
      { role: "system", content: odd },
      { role: "user", content: "6*7?" },
      {
        role: "assistant",
        content: "",
        reasoning: odd,
        toolCalls: ["a", odd].map((code, index) => ({ id: `call-${index}`, name: "python", arguments: { code } })),
      },
      { role: "tool", toolCallId: "call-0", name: "python", content: odd, ok: true },
      { role: "tool", toolCallId: "call-1", name: "python", content: "b", ok: true },
      {
        role: "assistant",
        content: "",
        toolCalls: [{ id: "call-2", name: "unnamed", arguments: {}, malformed: { raw: odd, reason: "the action is not of the form Name[input]" } }],
      },
      { role: "tool", toolCallId: "call-2", name: "unnamed", content: "Invalid Action", ok: false },
      { role: "assistant", content: odd, reasoning: "so" },
    ];
    for (const style of ["bracket", "input"]) {
      const again = await read((await written(trajectory({ messages: several, tools: [tool] }), { style })) as unknown as JsonValue, { style });
      const [system, user, both, first, second, ...rest] = several as [Message, Message, AssistantMessage, Message, Message, ...Message[]];
      const [one, other] = both.toolCalls!;
      const steps: Message[] = [{ ...both, toolCalls: [one!] }, first, { role: "assistant", content: "", toolCalls: [other!] }, second];
      expect(again.messages, style).to.deep.equal([system, user, ...steps, ...rest]);
    }
  });

  it("ends with Finish where the last call does, and is read so", async () => {
    const finish: Message = { role: "assistant", content: "", toolCalls: [{ id: "f", name: "finish", arguments: { answer: "42" } }] };
    const row = await written(trajectory({ messages: [...messages.slice(0, 4), finish] }));
    expect(row.completion.split("\n").at(-2)).to.equal("Action 2: Finish[42]");
    expect((await read(row as unknown as JsonValue)).answer).to.equal("42");
  });

  it("is left out, with the reason, where ReAct text has no place for it", async () => {
    const call = (name: string): Message => ({ role: "assistant", content: "", toolCalls: [{ id: "x", name, arguments: {} }] });
    const result: Message = { role: "tool", toolCallId: "x", name: "x", content: "", ok: true };
    const [system, user] = messages as [Message, Message];
    const again = "ReAct text has one question, and a system prompt only before it";
    const cases: readonly (readonly [Message[], string | undefined])[] = [
      [[...messages, user, { role: "assistant", content: "!" }], again],
      [[...messages, system, { role: "assistant", content: "!" }], again],
      [[user, ...messages], again],
      [[user, call("finish"), result, { role: "assistant", content: "!" }], "the action Finish ends a run, and something comes after it"],
      [[user, call("a[b]"), result, { role: "assistant", content: "!" }], "a tool's name could not be read again as an action"],
      [[...messages], undefined],
    ];
    const format = (await react()) as Required<Format>;
    for (const [all, reason] of cases) expect(format.refuses(trajectory({ messages: all })), String(reason)).to.equal(reason);
    const late: Message[] = [user, call("python"), { role: "assistant", content: "wait" }, result, { role: "assistant", content: "!" }];
    const tally = new ExportTally();
    expect([...tally.sft([trajectory({ messages: late })], format)]).to.deep.equal([]);
    expect(Object.keys(tally.leftOut)).to.deep.equal(["a result stands after a later turn, and the format pairs results by their order"]);
  });

  it("as a pair has both completions with their masks, and as a prompt the question alone", async () => {
    const pair: PreferencePair = { query: trajectory().query, chosen: trajectory(), rejected: trajectory({ messages: messages.slice(0, 4) }) };
    const format = await react();
    const row = format.preference!(pair) as { chosen: string; rejected: string; rejected_segments: { text: string }[] };
    expect(row.chosen.startsWith(row.rejected)).to.equal(true);
    expect(row.rejected_segments.map(({ text }) => text).join("")).to.equal(row.rejected);
    expect(format.prompt!(trajectory())).to.deep.equal({ id: "q", prompt: "Use tools.\n\nQuestion: 6*7?\n" });
  });
});

describe("a log without numbers", () => {
  const log = (...lines: string[]) => `Question: What?\n${lines.join("\n")}`;
  const seen = async (...lines: string[]) => results(await read(log(...lines))).map(({ content }) => content);

  it("is not cut at what looks like labels in a block of code", async () => {
    const code = ["```python", "text = (", "Observation: fake", ")", "```"].join("\n");
    const lines = ["Thought: I run it.", "Action: python", `Action Input: ${code}`, "Observation: real", "Final Answer: x"];
    expect(calls(await read(log(...lines))).map(({ arguments: args }) => args)).to.deep.equal([{ code }]);
    expect(await seen(...lines)).to.deep.equal(["real"]);
    const page = ["A page says", "```", "Thought: quoted", "```"].join("\n");
    expect(await seen("Action: read", "Action Input: x", `Observation: ${page}`, "Thought: done", "Final Answer: x")).to.deep.equal([page]);
  });

  it("goes on behind a block that was cut off, whatever fences come later", async () => {
    const [a, b] = ["a", "b"].map((input) => ["Action: python", `Action Input: ${input}`]) as [string[], string[]];
    expect(await seen(...a, "Observation: ```", "cut", "Thought: again", ...b, "Observation: ```", "2", "```", "Final Answer: 2")).to.deep.equal([
      "```\ncut",
      "```\n2\n```",
    ]);
    const open = ["Action: python", "Action Input: ```python", "print(1)", "Observation:", "```", "1", "```", "Final Answer: 1"];
    expect(await seen(...open)).to.deep.equal(["\n```\n1\n```"]);
  });

  it("does not end with a final answer that an observation quotes: a run that has ended calls no tool", async () => {
    const call = ["Action: search", "Action Input: x"];
    const lines = [
      ...call,
      "Observation: A page says:",
      "Final Answer: wrong",
      "Thought: Go on.",
      ...call,
      "Observation: right",
      "Final Answer: right",
    ];
    expect((await read(log(...lines))).answer).to.equal("right");
    expect(await seen(...lines)).to.deep.equal(["A page says:\nFinal Answer: wrong", "right"]);
  });

  it("has no episode in a prompt that describes the form: it is what the model was told", async () => {
    const form = ["Question: the input question", "Thought: think", "Action: the action", "Final Answer: the answer", "", "Begin!"];
    const prompt = ["Use this form:", ...form].join("\n");
    const text = `${prompt}\n\n${log("Thought: t", "Final Answer: x")}`;
    const fromFile = (await readFile(await react(), text, "log.txt")).flatMap(trajectoriesOf);
    for (const one of [await read({ text }), ...fromFile]) {
      expect(one.messages.slice(0, 2)).to.deep.equal([
        { role: "system", content: prompt },
        { role: "user", content: "What?" },
      ]);
      expect(one.answer).to.equal("x");
    }
    expect(fromFile).to.have.length(1);
  });

  it("is not written of a trajectory that says nothing, nor of one without a question", async () => {
    const { refuses } = await react();
    const one = trajectoryWith({
      messages: [
        { role: "user", content: "?" },
        { role: "assistant", content: "" },
      ],
    });
    expect(refuses!(one)).to.equal("the model says nothing");
    expect(refuses!({ ...one, query: { ...one.query, question: " " } })).to.equal("its question is empty");
  });
});
