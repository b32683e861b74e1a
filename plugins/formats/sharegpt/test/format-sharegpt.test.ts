import type { AssistantMessage, JsonObject, JsonValue, Message, ToolMessage, Trajectory } from "@autotraj/core/plugin";
import { parseJson } from "@autotraj/core/rows";
import { expect } from "chai";
import { assistantOf, CALL, callsOf, conversation, ROW, rolesOf, TOOL, turn } from "./rows.ts";
import { problem, read, readAll, readRows, sharegpt } from "./support.ts";

describe("a ShareGPT row", () => {
  it("is read with its system prompt, tools, thinking, calls, results and answer", async () => {
    const { query, tools, messages, answer, finish, dialect, provenance } = await read(ROW);
    expect(query).to.deep.include({ question: "6*7?", answers: ["42"], task: "products" });
    expect(tools).to.deep.equal([TOOL]);
    expect(messages).to.deep.equal([
      { role: "system", content: "Use the tool." },
      { role: "user", content: "6*7?" },
      { role: "assistant", content: "", reasoning: "hm", toolCalls: [{ id: "call-0", name: "python", arguments: { code: "print(6*7)" } }] },
      { role: "tool", toolCallId: "call-0", name: "python", content: "42", ok: true },
      { role: "assistant", content: "It is \\boxed{42}.", reasoning: "so" },
    ]);
    expect({ answer, finish, dialect }).to.deep.equal({ answer: "42", finish: "answer", dialect: "native" });
    expect(provenance).to.deep.equal({ origin: "recorded", model: "gpt-4" });
  });

  it("is read with roles called otherwise", async () => {
    const names = [
      ["user", "assistant", "tool"],
      ["human", "chatgpt", "function_response"],
      ["human", "model", "ipython"],
    ];
    for (const [user = "", assistant = "", result = ""] of names) {
      const { messages } = await read(
        conversation(turn("system", "s"), turn(user, "?"), turn("tool_call", CALL), turn(result, "42"), turn(assistant, "42")),
      );
      expect(messages.map(({ role }) => role)).to.deep.equal(["system", "user", "assistant", "tool", "assistant"]);
    }
  });

  it("is read with role and content, and messages, in place of from and value, and conversations", async () => {
    const { messages } = await read({
      messages: [
        { role: "user", content: "?" },
        { role: "assistant", content: "!" },
      ],
    });
    expect(messages).to.deep.equal([
      { role: "user", content: "?" },
      { role: "assistant", content: "!" },
    ]);
  });

  it("has several calls of one turn, with a result for each or all results in one", async () => {
    const calls = turn("function_call", `[${CALL}, {"name": "other", "arguments": "{\\"x\\": 1}"}]`);
    const expected = ["python: a", "other: b"];
    const results = [[turn("observation", "a"), turn("observation", "b")], [turn("observation", "a\n</tool_response>\n<tool_response>\nb")]];
    for (const turns of results) {
      const { messages } = await read(conversation(turn("human", "?"), calls, ...turns));
      expect((messages[1] as AssistantMessage).toolCalls?.[1]?.arguments).to.deep.equal({ x: 1 });
      expect(messages.flatMap((message) => (message.role === "tool" ? `${message.name}: ${message.content}` : []))).to.deep.equal(expected);
    }
  });

  it("has calls and results in tags, as Hermes sets write them", async () => {
    const { messages } = await read(
      conversation(
        turn("human", "?"),
        turn("gpt", `Let me see.\n<tool_call>\n${CALL}\n</tool_call>\n<tool_call>\n${CALL}\n</tool_call>`),
        turn("tool", "<tool_response>\n1\n</tool_response>\n<tool_response>\n2\n</tool_response>"),
        turn("gpt", "The tag <tool_call> opens a call."),
      ),
    );
    const [, assistant, first, second, last] = messages as [Message, AssistantMessage, ToolMessage, ToolMessage, AssistantMessage];
    expect(assistant.content).to.equal("Let me see.");
    expect(assistant.toolCalls?.map(({ name }) => name)).to.deep.equal(["python", "python"]);
    expect([first.content, second.content]).to.deep.equal(["1", "2"]);
    expect(last).to.deep.equal({ role: "assistant", content: "The tag <tool_call> opens a call." });
  });

  it("names a result that answers no call, since nothing tells what was called", async () => {
    const { messages, faults } = await read(conversation(turn("human", "?"), turn("gpt", "Action: search[x]"), turn("observation", "found")));
    expect(messages[2]).to.include({ role: "tool", content: "found" });
    expect(faults).to.deep.equal(["unpaired: turn 3, a result, answers no call"]);
  });

  for (const [written, raw, reason] of [
    ['{"name": "f", "arguments": "{"}', "{", "the arguments are not a JSON object"],
    ['{"name": "f", "arguments": [1]}', "[1]", "the arguments are not a JSON object"],
    ["print(1)", "print(1)", "the call is not a JSON object"],
    ['{"arguments": {}}', '{"arguments":{}}', "the call names no tool"],
    ["[1]", "1", "the call is not a JSON object"],
  ] as const) {
    it(`keeps a call that is none (${written}) with what was written, and as a fault`, async () => {
      expect((await assistantOf(turn("function_call", written), turn("observation", "?"))).toolCalls?.[0]?.malformed).to.deep.equal({ raw, reason });
      const { faults } = await read(conversation(turn("human", "?"), turn("function_call", written), turn("observation", "?")));
      expect(faults).to.deep.equal([`malformed tool call: ${reason}`]);
    });
  }

  it("keeps turns out of the loss that say so, under any of the usual names", async () => {
    const masks: readonly JsonObject[] = [{ loss: false }, { loss: 0 }, { weight: 0 }, { train: false }, { train_on_turn: false }];
    for (const mask of masks) {
      expect((await assistantOf(turn("gpt", "x", mask))).train, JSON.stringify(mask)).to.equal(false);
    }
    const unmasked: readonly JsonObject[] = [{}, { loss: true }, { weight: 1 }];
    for (const mask of unmasked) expect(await assistantOf(turn("gpt", "x", mask))).not.to.have.property("train");
  });

  it("of preferences is two trajectories", async () => {
    const row = { ...conversation(turn("human", "6*7?")), chosen: turn("gpt", "42"), rejected: turn("function_call", CALL) };
    const [chosen, rejected] = (await readAll([row])) as [Trajectory, Trajectory];
    expect([chosen.answer, rejected.answer]).to.deep.equal(["42", undefined]);
    expect([chosen, rejected].map(({ provenance }) => provenance.notes)).to.deep.equal([{ side: "chosen" }, { side: "rejected" }]);
    expect(chosen.query.id).to.equal(rejected.query.id);
  });

  it("of preferences may have all that follows the question on its sides, or no shared part at all", async () => {
    const good = [turn("function_call", CALL), turn("observation", "42"), turn("gpt", "42")];
    const apart = await readAll([{ ...conversation(turn("human", "6*7?")), chosen: good, rejected: [turn("gpt", "43")] }]);
    const whole = await readAll([{ chosen: [turn("human", "6*7?"), ...good], rejected: [turn("human", "6*7?"), turn("gpt", "43")] }]);
    for (const [chosen, rejected] of [apart, whole] as [Trajectory, Trajectory][]) {
      expect(rolesOf(chosen)).to.deep.equal(["user", "assistant", "tool", "assistant"]);
      expect([chosen.answer, rejected.answer]).to.deep.equal(["42", "43"]);
    }
  });

  it("of KTO keeps what it says of the answer", async () => {
    const { provenance } = await read({ ...conversation(turn("human", "?"), turn("gpt", "x")), kto_tag: false });
    expect(provenance.notes).to.deep.equal({ kto_tag: false });
  });
});

describe("calls and results of a ShareGPT row", () => {
  const age = (born: string): JsonObject => turn("function_call", JSON.stringify({ name: "age", arguments: { born } }));
  const pairs = ({ messages }: Trajectory) => {
    const born = new Map(callsOf({ messages }).map(({ id, arguments: args }) => [id, args["born"]]));
    return messages.flatMap((message) => (message.role === "tool" ? [`${born.get(message.toolCallId)}: ${message.content}`] : []));
  };
  const expected = ["1990: 31", "1992: 29"];
  const ages = (...turns: JsonObject[]) => conversation(turn("human", "Ages?"), ...turns, turn("gpt", "31 and 29."));
  const both = turn("function_call", '[{"name": "age", "arguments": {"born": "1990"}}, {"name": "age", "arguments": {"born": "1992"}}]');

  it("are parallel where several function_call turns follow each other, and each result goes to its own", async () => {
    const trajectory = await read(ages(age("1990"), age("1992"), turn("observation", '{"age": 31}'), turn("observation", '{"age": 29}')));
    expect(rolesOf(trajectory)).to.deep.equal(["user", "assistant", "tool", "tool", "assistant"]);
    expect(pairs(trajectory)).to.deep.equal(['1990: {"age": 31}', '1992: {"age": 29}']);
    expect(trajectory.faults).to.deep.equal([]);
  });

  it("are told apart in one observation: by the mark between them, as a list, as a list of named results", async () => {
    const named = [
      { name: "age", results: 31 },
      { name: "age", results: 29 },
    ];
    const bodies: readonly JsonValue[] = ["31\n</tool_response>\n<tool_response>\n29", ["31", 29], named, JSON.stringify(named)];
    for (const value of bodies) {
      expect(pairs(await read(ages(both, { from: "observation", value }))), JSON.stringify(value)).to.deep.equal(expected);
    }
  });

  it("in one observation stay one where they are not as many as the calls, and the call without a result is named", async () => {
    const value = "a\n</tool_response>\n<tool_response>\nb\n</tool_response>\n<tool_response>\nc";
    const { messages, faults } = await read(ages(both, turn("observation", value)));
    expect(messages.filter(({ role }) => role === "tool").map(({ content }) => content)).to.deep.equal([value]);
    expect(faults).to.deep.equal(["unpaired: turn 2, the call call-1 of age has no result"]);
    const list = await read(
      conversation(turn("human", "?"), age("1990"), turn("observation", '[{"name": "age"}, {"name": "age"}]'), turn("gpt", "x")),
    );
    expect(list.messages[2]).to.include({ content: '[{"name": "age"}, {"name": "age"}]' });
  });

  it("are paired by their ids where the row has some, in whatever order they came", async () => {
    const calls = ["1990", "1992"].map((born, index) => ({ id: `c${index}`, type: "function", function: { name: "age", arguments: { born } } }));
    const late = [turn("observation", "29", { tool_call_id: "c1" }), turn("observation", "31", { tool_call_id: "c0" })];
    for (const tool_calls of [calls, JSON.stringify(calls)]) {
      expect(pairs(await read(ages({ from: "gpt", value: null, tool_calls }, ...late)))).to.deep.equal(expected);
    }
    const apart = [
      { ...age("1990"), tool_call_id: "c0" },
      { ...age("1992"), tool_call_id: "c1" },
    ];
    expect(pairs(await read(ages(...apart, ...late)))).to.deep.equal(expected);
  });

  it("are read from a gpt turn's own fields, beside its words", async () => {
    const fields: readonly JsonObject[] = [
      { tool_calls: [{ function: { name: "f", arguments: '{"x": 1}' } }] },
      { tool_calls: '[{"name": "f", "arguments": {"x": 1}}]' },
      { tool_calls: { name: "f", arguments: { x: 1 } } },
      { function_call: { name: "f", arguments: '{"x": 1}' } },
      { function_call: '{"name": "f", "arguments": {"x": 1}}' },
    ];
    for (const more of fields) {
      const { content, toolCalls } = await assistantOf(turn("gpt", "Let me see.", more), turn("observation", "1"));
      expect(
        toolCalls?.map(({ name, arguments: args }) => [name, args]),
        JSON.stringify(more),
      ).to.deep.equal([["f", { x: 1 }]]);
      expect(content).to.equal("Let me see.");
    }
  });

  it("are read as JSON values as well as text, one call a line, and after thinking or words", async () => {
    const call = { name: "f", arguments: { x: 1 } };
    const text = JSON.stringify(call);
    const bodies: readonly (readonly [JsonValue, number, string])[] = [
      [call, 1, ""],
      [[call, call], 2, ""],
      [`${text}\n${text}`, 2, ""],
      [JSON.stringify(call, null, 2), 1, ""],
      [`\`\`\`json\n${text}\n\`\`\``, 1, ""],
      ["{'name': 'f', 'arguments': {'x': 1}}", 1, ""],
      [`I look it up.\n${text}`, 1, "I look it up."],
      [`<think>\n[hm] {1}\n</think>\n\n${text}`, 1, ""],
      [`hm\n</think>\n\n${text}`, 1, ""],
      [`Words.\n<tool_call>${text}</tool_call>`, 1, "Words."],
    ];
    for (const [value, count, words] of bodies) {
      const { content, toolCalls = [] } = await assistantOf({ from: "function_call", value }, turn("observation", "1"));
      expect(
        toolCalls.map(({ name, arguments: args }) => ({ name, arguments: args })),
        JSON.stringify(value),
      ).to.deep.equal(Array(count).fill(call));
      expect(content).to.equal(words);
    }
  });

  it("are one turn with the words that the set has in a gpt turn before them", async () => {
    const { messages } = await read(conversation(turn("human", "?"), turn("gpt", "I look it up."), age("1990"), turn("observation", "31")));
    expect(rolesOf({ messages })).to.deep.equal(["user", "assistant", "tool"]);
    expect(messages[1]!.content).to.equal("I look it up.");
  });

  it("fail where the result says so, or the row does", async () => {
    const failures = ['Traceback (most recent call last):\n  File "x"\nZeroDivisionError: division by zero', "Error: not found", '{"error": "x"}'];
    for (const text of failures) {
      const { messages } = await read(conversation(turn("human", "?"), age("1990"), turn("observation", text), turn("gpt", "It failed.")));
      expect((messages[2] as ToolMessage).ok, text).to.equal(false);
    }
    const said = await read(conversation(turn("human", "?"), age("1990"), turn("observation", "x", { is_error: true })));
    expect((said.messages[2] as ToolMessage).ok).to.equal(false);
  });

  it("keep records that a tool gave as JSON, and their big numbers digit by digit", async () => {
    const line =
      '{"conversations": [{"from": "human", "value": "?"}, {"from": "function_call", "value": "{\\"name\\": \\"f\\", \\"arguments\\": {\\"n\\": 12345678901234567890}}"}, {"from": "observation", "value": [{"type": "bus", "id": 12345678901234567891}]}], "answer": 12345678901234567892}';
    const [trajectory] = await readAll([parseJson(line)]);
    expect(trajectory!.query.answers).to.deep.equal(["12345678901234567892"]);
    expect(JSON.stringify(callsOf(trajectory!)[0]!.arguments)).to.equal('{"n":12345678901234567890}');
    expect(trajectory!.messages[2]!.content).to.equal('[{"type":"bus","id":12345678901234567891}]');
  });
});

describe("what a ShareGPT row says beside its turns", () => {
  const human = turn("human", "?");
  const asked = conversation(human, turn("gpt", "!"));

  it("is its tools: as a list, as JSON text, under other names, or in the system prompt", async () => {
    const line = JSON.stringify(TOOL);
    const prompts = [`Signatures in <tools></tools>:\n<tools>\n[${line}]\n</tools>`, `<tools>\n${line}\n</tools>`];
    const rows: readonly JsonObject[] = [
      ...[[TOOL], JSON.stringify([TOOL]), [{ type: "function", function: TOOL }], [line]].map((tools) => ({ ...asked, tools })),
      { ...asked, functions: [TOOL] },
      { ...asked, tools: "", available_tools: JSON.stringify([TOOL]) },
      ...prompts.map((system) => ({ ...asked, system })),
      conversation(turn("system", prompts[0]!), human, turn("gpt", "!")),
    ];
    for (const row of rows) expect((await read(row)).tools, JSON.stringify(row)).to.deep.equal([TOOL]);
  });

  it("is a system prompt, once, whether it is a column, a turn or both", async () => {
    const rows = [{ ...asked, system: "Go." }, conversation(turn("system", "Go."), human, turn("gpt", "!"))];
    for (const row of [...rows, { ...rows[1], system: "Go." }]) {
      expect((await read(row as JsonValue)).messages.map(({ role, content }) => `${role}: ${content}`)).to.deep.equal([
        "system: Go.",
        "user: ?",
        "assistant: !",
      ]);
    }
  });

  it("is thinking and a refusal beside the words, and content in parts", async () => {
    const parts = [
      { type: "text", text: "Hello " },
      { type: "text", text: "there." },
    ];
    expect(await assistantOf({ from: "gpt", value: parts, reasoning_content: "hm" })).to.deep.equal({
      role: "assistant",
      content: "Hello there.",
      reasoning: "hm",
    });
    const { faults, messages } = await read(conversation(human, { from: "gpt", value: "", refusal: "I can't." }));
    expect([messages[1]!.content, faults]).to.deep.equal(["I can't.", ["the model refused"]]);
  });

  it("is told in conversations that are JSON text, and roles in any case", async () => {
    const { messages } = await read({ conversations: JSON.stringify([turn("Human", "?"), turn("GPT", "!")]) });
    expect(messages.map(({ role }) => role)).to.deep.equal(["user", "assistant"]);
  });
});

describe("odd values where a row has names", () => {
  const odd = { toString: 1 };

  it("are told by their path, or kept as they are, never met with an exception", async () => {
    const { recognizes } = await sharegpt();
    expect(recognizes!({ messages: [{ role: odd, content: "?" }] })).to.equal(0);
    expect(await problem(conversation({ from: odd, value: "?" }))).to.match(/^conversations\[0\]\.from is \{"toString":1\}; expected one of /);
    const call = turn("function_call", JSON.stringify([{ name: "f" }, { name: "g" }]));
    const { messages } = await read(conversation(turn("human", "?"), call, { from: "observation", value: [{ name: odd }, { name: odd }] }));
    expect(messages.slice(2).map(({ content }) => content)).to.deep.equal(['{"name":{"toString":1}}', '{"name":{"toString":1}}']);
    expect((await assistantOf(turn("gpt", "x", { tool_calls: [odd] }), turn("observation", ""))).toolCalls?.[0]?.malformed?.raw).to.equal(
      '{"toString":1}',
    );
  });
});

describe("a format is told by its rows", () => {
  const openai: JsonObject = {
    messages: [
      { role: "user", content: "?" },
      { role: "assistant", content: "!", tool_calls: [] },
    ],
  };
  const cases: readonly (readonly [string, JsonValue, boolean])[] = [
    ["from and value", ROW, true],
    ["role and content in conversations", conversation({ role: "user", content: "?" }, { role: "assistant", content: "!" }), true],
    [
      "messages with roles that OpenAI has not",
      {
        messages: [
          { role: "user", content: "?" },
          { role: "tool_call", content: CALL },
        ],
      },
      true,
    ],
    ["an unknown speaker, to be refused by name", conversation(turn("human", "?"), turn("robot", "!")), true],
    ["conversations as JSON text", { conversations: JSON.stringify([turn("human", "?")]) }, true],
    ["sides without a shared part", { chosen: [turn("human", "?"), turn("gpt", "!")], rejected: [turn("human", "?"), turn("gpt", "?")] }, true],
    ["OpenAI's messages", openai, false],
    ["Anthropic's messages", { messages: [{ role: "user", content: [{ type: "tool_result" }] }] }, false],
    ["OpenAI's responses", { input: [{ type: "function_call", name: "f" }], output: [] }, false],
    ["steps", { question: "?", steps: [{ thought: "", tool: "x" }] }, false],
    ["ATIF", { schema_version: "ATIF-v1.4", steps: [{ source: "user", message: "?" }] }, false],
    ["a ReAct text", "Question: ?\nThought: hm\nFinal Answer: 1", false],
    ["nothing", null, false],
    ["a number", 5, false],
    ["an empty list", [], false],
    ["conversations that are text", { conversations: "hello" }, false],
  ];
  for (const [what, row, isKnown] of cases) {
    it(`: ${what} ${isKnown ? "is" : "is not"} ShareGPT`, async () => {
      expect((await sharegpt()).recognizes!(row) >= 0.5).to.equal(isKnown);
    });
  }
});

describe("a row that cannot be read", () => {
  const human = turn("human", "?");
  const ROLES =
    "expected one of system, developer, human, user, prompter, gpt, assistant, chatgpt, bing, bard, model, bot, function_call, tool_call, tool_calls, " +
    "function_calls, observation, tool, tool_response, tool_result, function, function_response, function_result, ipython";
  const rows: readonly (readonly [string, JsonValue, string])[] = [
    ["is no object", 5, "the row is not an object."],
    ["has no conversations", {}, "conversations is missing; expected a list of { from, value }."],
    ["asks nothing", conversation(turn("gpt", "x")), "the row holds no turn of a user, so there is no question."],
    ["has a turn that is no object", conversation(human, "x"), "conversations[1] is not an object."],
    ["has an unknown role", conversation(human, turn("robot", "x")), `conversations[1].from is "robot"; ${ROLES}.`],
    ["has a turn of no one", conversation({ value: "x" }), `conversations[0].from is null; ${ROLES}.`],
    ["has a turn without words", conversation({ from: "human", markdown: "x" }), "conversations[0].value is missing."],
    ["has a turn of the model without words", conversation(human, { from: "gpt" }), "conversations[1].value is missing."],
    [
      "has an image in a turn",
      conversation({ from: "human", value: [{ type: "image_url" }] }),
      'conversations[0].value[0] is a part of type "image_url"; text, thinking and refusals are read here.',
    ],
    ["has images beside its turns", { ...conversation(human), images: ["a.png"] }, "images is part of what the model saw; only text is read here."],
    [
      "has a call in a turn of the user",
      conversation({ ...human, tool_calls: [{ name: "f" }] }),
      "conversations[0].tool_calls stands in a turn that is not the model's.",
    ],
    [
      "has text for calls that is none",
      conversation(human, turn("gpt", "x", { tool_calls: "f(1)" })),
      "conversations[1].tool_calls is text that holds no call.",
    ],
    ["has an empty list of calls", conversation(human, turn("function_call", "[]")), "conversations[1].value holds no call."],
    ["has tools that are no JSON", { ...conversation(human), tools: "python, search" }, "tools is text that is not JSON."],
    ["has tools that are no array", { ...conversation(human), tools: '{"name": "x"}' }, "tools is not a list."],
    ["has a tool without a name", { ...conversation(human), tools: [{ description: "x" }] }, "tools[0].name is missing."],
    ["has an answer that is an object", { ...conversation(human), answers: ["1", {}] }, "answers[1] is neither text nor a number."],
    ["has a side that is no turn", { ...conversation(human), chosen: "yes", rejected: "no" }, "chosen is not an object."],
  ];
  for (const [what, row, message] of rows) {
    it(`because it ${what} is refused with the path`, async () => {
      expect(await problem(row)).to.equal(message);
    });
  }

  it("does not take the rows beside it along", async () => {
    const good = conversation(human, turn("gpt", "x"));
    const rows = await readRows([good, {}, good]);
    expect(rows.map((row) => row.problem === undefined)).to.deep.equal([true, false, true]);
  });
});

describe("an observation that is a list", () => {
  const two = turn("function_call", JSON.stringify(["a", "b"].map((city) => ({ name: "weather", arguments: { city } }))));
  const results = ({ messages }: Trajectory) => messages.flatMap((message) => (message.role === "tool" ? [message.content] : []));

  it("holds the results of all calls where it is the only one, and its own call's where another follows", async () => {
    const list = { from: "observation", value: [{ c: 3 }, { c: 21 }] };
    expect(results(await read(conversation(turn("human", "?"), two, list, turn("gpt", "x"))))).to.deep.equal(['{"c":3}', '{"c":21}']);
    const apart = await read(conversation(turn("human", "?"), two, list, turn("observation", "21"), turn("gpt", "x")));
    expect(results(apart)).to.deep.equal(['[{"c":3},{"c":21}]', "21"]);
    expect(apart.faults).to.deep.equal([]);
  });
});

describe("a turn of the model that has its calls in two fields", () => {
  it("has a call once that is the same in both", async () => {
    const call = { name: "weather", arguments: { city: "Oslo" } };
    const both = { from: "gpt", value: "", tool_calls: [{ id: "c", function: call }], function_call: { ...call, arguments: '{"city":"Oslo"}' } };
    const { messages } = await read(conversation(turn("human", "?"), both, turn("observation", "3"), turn("gpt", "x")));
    expect((messages[1] as AssistantMessage).toolCalls).to.deep.equal([{ id: "c", ...call }]);
  });
});
