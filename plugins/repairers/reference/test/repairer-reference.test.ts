import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dialects } from "@autotraj/core";
import type { AssistantMessage } from "@autotraj/core/plugin";
import { expect } from "chai";
import { failureOf } from "../../../../test/failure.ts";
import { calculator, python, QUERY, REQUEST, repairer, spoken } from "./cases.ts";

const { solution: _solution, ...PLAIN } = QUERY;
const solved = (solution: string) => ({ query: { ...PLAIN, solution } });

/** The message of the plugin's error that `work` ends with. */
async function failure(work: () => Promise<unknown>): Promise<string> {
  return (await failureOf(work())).message;
}

describe("a replayed solution", () => {
  it("is a trajectory of the request in tags, with what the tool really said", async () => {
    const trajectory = await (await repairer()).repair();
    expect(spoken(trajectory)).to.deep.equal([
      "<think>Natalia sold 48/2 = </think>\n<calculator>48/2</calculator>",
      "24",
      "<think> clips in May.\nNatalia sold 48+24 = </think>\n<calculator>48+24</calculator>",
      "72",
      "<think>clips altogether in April and May.</think>\n<answer>\\boxed{72}</answer>",
    ]);
    expect(trajectory).to.include({ answer: "72", finish: "answer", dialect: "tags" });
    expect(trajectory?.messages[0]?.content).to.equal("Be exact.");
  });

  it("has reasoning, calls and the boxed answer in native", async () => {
    const trajectory = await (await repairer()).repair({ dialect: "native" });
    const turns = trajectory?.messages.filter((message): message is AssistantMessage => message.role === "assistant");
    expect(turns).to.deep.equal([
      {
        role: "assistant",
        content: "",
        reasoning: "Natalia sold 48/2 = ",
        toolCalls: [{ id: "call-0", name: "calculator", arguments: { expression: "48/2" } }],
      },
      {
        role: "assistant",
        content: "",
        reasoning: " clips in May.\nNatalia sold 48+24 = ",
        toolCalls: [{ id: "call-1", name: "calculator", arguments: { expression: "48+24" } }],
      },
      { role: "assistant", content: "\\boxed{72}", reasoning: "clips altogether in April and May." },
    ]);
  });

  it("says where it comes from", async () => {
    expect((await (await repairer()).repair())?.provenance).to.deep.equal({
      origin: "repair",
      parent: "t1",
      sawGold: true,
      notes: { source: "solution", dialect: "gsm8k", marks: 2 },
    });
  });

  it("is called by the tag that the tool has, which need not be its name", async () => {
    const { repair } = await repairer({ tools: { calculator: await calculator({ tagName: "calc" }) } });
    expect(spoken(await repair())[0]).to.equal("<think>Natalia sold 48/2 = </think>\n<calc>48/2</calc>");
  });

  it("leaves out thoughts that say nothing", async () => {
    const { repair } = await repairer();
    expect(spoken(await repair(solved("So <<1+1=2>>2<<2+2=4>>4.\n#### 4")))).to.deep.equal([
      "<think>So </think>\n<calculator>1+1</calculator>",
      "2",
      "<calculator>2+2</calculator>",
      "4",
      "<answer>\\boxed{4}</answer>",
    ]);
  });

  it("may be answered by Python, which is given the mark as code", async () => {
    const tools = { py: python({ "print(48/2)": "24.0", "print(48+24)": "72" }) };
    const { repair } = await repairer({ options: { tool: "py", call: { template: "print({call})" } }, tools });
    const trajectory = await repair({ tools: ["py"] });
    expect(spoken(trajectory).slice(0, 2)).to.deep.equal(["<think>Natalia sold 48/2 = </think>\n<code>print(48/2)</code>", "24.0"]);
  });

  it("is the code of a solution with blocks, run by Python", async () => {
    const { repair } = await repairer({ options: { dialect: "tora" }, tools: { python: python({ "x = 9\nprint(x*2)": "18" }) } });
    const solution = "```python\nx = 9\nprint(x*2)\n```\n```output\n18\n```\nJanet makes $\\boxed{18}$ a day.";
    expect(spoken(await repair(solved(solution)))).to.deep.equal([
      "<code>x = 9\nprint(x*2)</code>",
      "18",
      "<think>Janet makes $18$ a day.</think>\n<answer>\\boxed{18}</answer>",
    ]);
  });

  it("has a session of its own for every original", async () => {
    const { repair, asked } = await repairer();
    await repair();
    expect(asked[0]?.key).to.equal("reference reference t1");
  });
});

describe("nothing is offered", () => {
  for (const [why, request, reason] of [
    ["where the question has no solution", { query: PLAIN }, "there is no worked solution"],
    ["where the solution makes no call", solved("72.\n#### 72"), "the solution cannot be replayed: it makes no call"],
    ["where it makes more calls than allowed", { maxToolCalls: 1 }, "the solution makes more calls than rollout.maxToolCalls (2, not 1)"],
    ["where it takes more turns than allowed", { maxTurns: 2 }, "the solution takes more turns than rollout.maxTurns (3, not 2)"],
    ["where the policy may not call the tool", { tools: ["python"] }, 'the tool "calculator" is not among rollout.tools'],
    ["where a tag stands in its words", solved("So </think> <<1+1=2>>2\n#### 2"), "the solution's text breaks the dialect tags"],
    ["where a tag stands in its answer", solved("So <<1+1=2>>2\n#### </answer>2"), "the solution's text breaks the dialect tags"],
    ["where a brace in its answer ends the box", solved("So <<1+1=2>>2\n#### 2} or {3"), "the solution's text breaks the dialect tags"],
    ["where it does so in native", { ...solved("So <<1+1=2>>2\n#### 2} or {3"), dialect: "native" }, "the solution's text breaks the dialect native"],
    ["where a call fails", solved("So <<x+1=2>>2\n#### 2"), "a call failed ([not an expression])"],
    ["where the tool contradicts it", solved("So <<1+1=3>>3\n#### 3"), "the tool gave another value than the solution states (1+1 gave 2, not 3)"],
    [
      "where a call of it hands itself the answer, whatever the others compute",
      solved("<<48/2=24>>24 in May and <<72*1=72>>72\n#### 72"),
      "a call holds the gold answer, which neither the question nor a result has given (72*1)",
    ],
  ] as const) {
    it(`${why}, and the log says so once`, async () => {
      const { repair, warnings } = await repairer();
      expect(await repair(request)).to.equal(undefined);
      expect(await repair(request)).to.equal(undefined);
      expect(warnings).to.deep.equal([`nothing is offered for query q1: ${reason}`]);
    });
  }

  it("in native, only what breaks tags is no obstacle", async () => {
    const { repair } = await repairer();
    expect((await repair({ ...solved("So </think> <<1+1=2>>2\n#### 2"), dialect: "native" }))?.answer).to.equal("2");
  });

  it("where it only prints: a computation must remain", async () => {
    const options = { tool: "python", call: { template: "print({call})" } };
    const { repair, warnings } = await repairer({ options, tools: { python: python({ "print(72)": "72", "print(48)": "48" }) } });
    expect(await repair(solved("72 clips, so <<72=72>>72\n#### 72"))).to.equal(undefined);
    expect(await repair({ query: { ...PLAIN, answers: ["48"], solution: "She sold <<48=48>>48\n#### 48" } })).to.equal(undefined);
    expect(warnings).to.deep.equal([
      "nothing is offered for query q1: a call holds the gold answer, which neither the question nor a result has given (print(72))",
      "nothing is offered for query q1: no call computes anything (print(48))",
    ]);
  });

  it("… but a solution may hold what the question gives, or what it has computed", async () => {
    const { repair } = await repairer();
    const query = { ...PLAIN, answers: ["48"], question: "48 friends, and half as many, and then as many less?" };
    expect((await repair({ query: { ...query, solution: "<<48/2=24>>24, <<48/2=24>>24, <<24+24=48>>48\n#### 48" } }))?.answer).to.equal("48");
    expect((await repair(solved("<<48/2=24>>24, <<48+24=72>>72, <<72+0=72>>72\n#### 72")))?.answer).to.equal("72");
  });

  it("no call is made for a solution that is over the limits", async () => {
    const { repair, asked } = await repairer();
    await repair({ maxToolCalls: 1 });
    expect(asked).to.deep.equal([]);
  });
});

describe("onMismatch: keep", () => {
  it("offers what the tool contradicts, with the real value, and counts it", async () => {
    const { repair } = await repairer({ options: { onMismatch: "keep" } });
    const trajectory = await repair(solved("So <<1+1=3>>3 and <<2+2=4>>4\n#### 3"));
    expect(spoken(trajectory)[1]).to.equal("2");
    expect(trajectory?.provenance.notes).to.deep.equal({ source: "solution", dialect: "gsm8k", marks: 2, mismatches: 1 });
  });

  it("still offers nothing where a call fails", async () => {
    const { repair } = await repairer({ options: { onMismatch: "keep" } });
    expect(await repair(solved("So <<x+1=3>>3\n#### 3"))).to.equal(undefined);
  });
});

describe("where the solution comes from", () => {
  const folder = mkdtempSync(join(tmpdir(), "autotraj-reference-"));
  const file = (name: string, ...rows: readonly unknown[]) => {
    writeFileSync(join(folder, name), rows.map((row) => `${typeof row === "string" ? row : JSON.stringify(row)}\n`).join(""));
    return { options: { solutions: name }, baseDir: folder };
  };

  it("may be a field of the question's meta, before its own", async () => {
    const { repair } = await repairer({ options: { field: "rationale" } });
    expect((await repair({ query: { ...QUERY, meta: { rationale: "<<1+1=2>>2\n#### 2" } } }))?.answer).to.equal("2");
    expect((await repair({ query: { ...QUERY, meta: {} } }))?.answer).to.equal("72");
  });

  it("may be a file, in which the question is found however it is spaced, capitalised and quoted", async () => {
    const { repair } = await repairer(file("solutions.jsonl", { question: "Whose  is Ann’s\nhat?", answer: "<<1+1=2>>2\n#### 2" }, ""));
    expect((await repair({ query: { ...PLAIN, question: "whose is Ann's hat? " } }))?.answer).to.equal("2");
    expect(await repair({ query: { ...PLAIN, question: "whose is Bob's hat?" } })).to.equal(undefined);
  });

  it("is the file's `solution` before its `answer`, and the first of two rows on one question", async () => {
    const { repair, warnings } = await repairer(
      file("twice.jsonl", { question: "?", answer: "2", solution: "<<1+1=2>>2\n#### 2" }, { question: "?", answer: "<<1+2=3>>3\n#### 3" }),
    );
    expect((await repair({ query: { ...PLAIN, question: "?" } }))?.answer).to.equal("2");
    expect(warnings).to.deep.equal([
      `${join(folder, "twice.jsonl")}: 1 × another solution for a question that is there already; the first one counts`,
    ]);
  });

  it("is the question's own before the file's", async () => {
    const { repair } = await repairer(file("other.jsonl", { question: QUERY.question, answer: "<<1+1=2>>2\n#### 2" }));
    expect((await repair())?.answer).to.equal("72");
  });

  for (const [row, what] of [
    ["{", "not JSON"],
    ["null", 'has no "question"'],
    [{ question: "?" }, 'has neither "solution" nor "answer" as text'],
    [{ question: "?", answer: 72 }, 'has neither "solution" nor "answer" as text'],
  ] as const) {
    it(`is refused at start with its line when a row is ${JSON.stringify(row)}`, async () => {
      const message = await failure(() => repairer(file("bad.jsonl", { question: "?", answer: "!" }, row)));
      expect(message)
        .to.match(/bad\.jsonl:2 /)
        .and.include(what);
    });
  }

  it("is refused at start when the file is not there", async () => {
    expect(await failure(() => repairer({ options: { solutions: "missing.jsonl" }, baseDir: folder }))).to.match(
      /missing\.jsonl cannot be read \(ENOENT\)/,
    );
  });
});

describe("the tool's argument", () => {
  const tool = async (parameters: object) => {
    const { definition, ...rest } = await calculator();
    const { tag: _tag, ...untagged } = definition;
    return { calculator: { ...rest, definition: { ...untagged, parameters: parameters as typeof definition.parameters } } };
  };
  const two = { type: "object", properties: { expression: { type: "string" }, digits: { type: "integer" } } };

  it("is the only required one where the tool has no tag", async () => {
    const { repair } = await repairer({ tools: await tool({ ...two, required: ["expression"] }) });
    expect((await repair({ dialect: "native" }))?.answer).to.equal("72");
  });

  it("must be named where it is not clear", async () => {
    expect(await failure(async () => repairer({ tools: await tool(two) }))).to.equal(
      'which argument of the tool "calculator" takes the call is not clear; there are: expression, digits.',
    );
    const { repair } = await repairer({ tools: await tool(two), options: { call: { argument: "expression" } } });
    expect((await repair({ dialect: "native" }))?.answer).to.equal("72");
  });

  it("must be one that the tool has", async () => {
    expect(await failure(() => repairer({ options: { call: { argument: "code" } } }))).to.equal(
      'the tool "calculator" has no argument "code"; there are: expression.',
    );
  });

  it("must be the tag's in tags", async () => {
    const { repair } = await repairer({ tools: await tool({ ...two, required: ["expression"] }) });
    expect(await failure(() => repair())).to.equal('in the dialect tags the tool "calculator" cannot be called with the argument "expression".');
  });
});

describe("the text of a replayed turn", () => {
  it("is what the dialect reads back", async () => {
    const trajectory = await (await repairer()).repair();
    const turns = trajectory?.messages.filter((message): message is AssistantMessage => message.role === "assistant") ?? [];
    const read = turns.map((turn) => dialects.get("tags").parse({ text: turn.text ?? "", finish: "stop" }, trajectory?.tools ?? [], "call-0"));
    expect(read.map(({ faults }) => faults)).to.deep.equal([[], [], []]);
    expect(read.at(-1)?.answer).to.equal("72");
    expect(REQUEST.dialect).to.equal("tags");
  });
});
