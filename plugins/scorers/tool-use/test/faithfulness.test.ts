import type { JsonObject, Message, Score, ToolDefinition, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { largest } from "../../../../test/data/sets.ts";
import { faithfulness } from "../src/faithfulness.ts";
import { recordedRuns, trajectoryOf, withMisreadResult, withOtherAnswer, workedSolutions } from "./recorded.ts";

interface Told {
  readonly system?: string;
  readonly asked?: string;
  readonly tools?: readonly ToolDefinition[];
  /** Said before the first call. */
  readonly first?: string;
  readonly args?: JsonObject;
  readonly result?: string;
  readonly failed?: true;
  /** A second user turn. */
  readonly later?: string;
  readonly reasoning?: string;
  readonly says: string;
}

function told({
  system = "",
  asked = "Please.",
  tools = [],
  first = "",
  args = {},
  result = "done",
  failed,
  later,
  reasoning,
  says,
}: Told): Trajectory {
  const messages: Message[] = [
    { role: "system", content: system },
    { role: "user", content: asked },
    { role: "assistant", content: first, toolCalls: [{ id: "a", name: "act", arguments: args }] },
    { role: "tool", toolCallId: "a", name: "act", content: result, ok: failed !== true },
    ...(later === undefined
      ? []
      : ([
          { role: "assistant", content: "And?" },
          { role: "user", content: later },
        ] as const)),
    { role: "assistant", content: says, ...(reasoning === undefined ? {} : { reasoning }) },
  ];
  return { ...trajectoryOf({ question: asked, gold: "", pred: null, correct: true, steps: [], final: "" }), tools, messages };
}

const notes = (score: Score): readonly (string | undefined)[] => ("value" in score ? (score.spans ?? []).map(({ note }) => note) : []);
const unfounded = (said: Told) => notes(faithfulness(told(said)));
const TOOL: ToolDefinition = {
  name: "act",
  description: "Gives at most 250 rows.",
  parameters: { type: "object", properties: { size: { type: "integer", maximum: 5000, enum: [15, 30] } } },
};

const FOUNDED: Readonly<Record<string, readonly Told[]>> = {
  "what was said in any turn, the system prompt and the tools' definitions": [
    { system: "A suitcase costs 35 euros.", later: "Two, account 5519.", says: "35 euros each, from 5519." },
    { tools: [TOOL], says: "250 rows, 5000 at most, by 15 or 30." },
  ],
  "arguments and results of any shape": [
    { args: { order: { lines: [{ count: 77 }, { count: 19 }] } }, says: "77 and 19 ordered." },
    { result: '{"total":1234.5,"ids":[100,200,300],"price":"\\u00a3550"}', says: "1,234.50 for 100, 200 and 300; £550." },
    { result: "<td>1,044</td>", says: "1044" },
    { result: "At most 500 characters", failed: true, says: "It takes 500 characters at most." },
  ],
  "numbers in words": [
    { asked: "two dozen eggs and a dozen rolls", says: "24 eggs, 12 rolls" },
    { asked: "twenty-five chairs for the twenty-first", says: "25 chairs on the 21." },
    { asked: "three thousand two hundred and forty-one", says: "3,241" },
    { asked: "half of it, a third of that, two and a half more", says: "0.5 of it, 33% of that, 2.5 more" },
    { asked: "a couple of hundred", says: "200" },
    { asked: "half a million, sold at twenty percent off", says: "500,000, 20% or 0.2 off" },
  ],
  "other ways to write a number": [
    { result: "1234567", says: "1,234,567, that is 1 234 567, 1.2 million or $1.23M" },
    { result: "1.234.567,89 EUR", says: "1,234,567.89 EUR" },
    { result: "12,50 €", says: "12.50 €" },
    { result: "1e-05 and 6.02e23", says: "0.00001 and 6.02 × 10^23" },
    { result: "½ cup, 1 3/4 cups, 555-123-4567", says: "0.5 and 1.75 cups, 5551234567" },
    { result: "12345678901234567890", says: "12345678901234567890" },
    { result: "9".repeat(500), says: "9".repeat(500) },
    { result: "1,234", says: "about 1,200" },
    { result: "66.66666666666667", says: "66.67, so 67" },
  ],
  "percentages, units and everyday constants": [
    { result: "0.2", says: "That is 20%." },
    { asked: "40% off", says: "0.6 of it is left; 1.4 would be more." },
    { asked: "How much a year, at $5 a month?", says: "12 months." },
    { asked: "How many hours in a week?", says: "24 hours a day, 60 minutes an hour, 52 weeks a year, 365 days a year" },
    { result: "165 minutes", says: "2 hours 45 minutes" },
    { result: "1h 30m", says: "90 minutes" },
    { result: "7200 seconds", says: "120 minutes" },
    { asked: "for 3 weeks", says: "21 days" },
    { result: "2 kg", says: "2000 g" },
    { asked: "What is it in cents?", result: "0.25", says: "25" },
  ],
  "dates and times": [
    { result: "2024-12-05T14:30:00Z", says: "December 5, 2024, 2:30 pm" },
    { result: "10:15 PM", says: "22:15" },
    { result: "20240512", says: "12.05.2024" },
    { asked: "on October 3", says: "03/10" },
  ],
  "right sums, and one step from two numbers near": [
    { result: "30 and 12", says: "30 + 12 = 42. So 42." },
    { asked: "48 clips", says: "$48 \\times 2 = 96$, so $\\boxed{96}$" },
    { asked: "48 clips", says: "It is 96 because 48 * 2 = 96." },
    { asked: "10 and 20", first: "10 + 20 = 30", says: "30" },
    { asked: "4 of 20 cars", says: "4 cars / 20 cars x 100% = 20%" },
    { asked: "30 children, 12 girls", says: "Of 30 children 12 are girls, so 18 are boys." },
    { asked: "7 at 3 each", says: "3 * 7 = 21, or 21.00" },
  ],
};

const UNFOUNDED: readonly (readonly [said: Told, note: string])[] = [
  [{ asked: "48 clips", result: "24", says: "It is 96." }, "96 comes from nowhere"],
  [{ first: "I think it is 77.", says: "It is 77." }, "77 comes from nowhere"],
  [{ result: "24", says: "96 * 1 = 96" }, "96 comes from nowhere"],
  [{ result: "80000.0", says: "\\boxed{8000}" }, "8000 comes from nowhere"],
  [{ asked: "7 new for 2 old, 5 people", result: "2.8", says: "They brought 14." }, "14 comes from nowhere"],
  [{ result: "12345678901234567890", says: "12345678901234567891" }, "12345678901234567891 comes from nowhere"],
  [{ result: "12", says: "12 million" }, "12 comes from nowhere"],
  [{ result: "0.2", says: "25%" }, "25 comes from nowhere"],
  [{ result: "165 minutes", says: "2 hours 55 minutes" }, "55 comes from nowhere"],
  [{ result: "243.8", says: "243" }, "243 comes from nowhere"],
  [{ result: "1,234", says: "about 1,300" }, "1,300 comes from nowhere"],
  [{ asked: "a year", says: "A year has 13 months." }, "13 comes from nowhere"],
  [{ asked: "eggs", says: "It takes 24 days." }, "24 comes from nowhere"],
  [{ says: "10. That is it." }, "10 comes from nowhere"],
];

describe("what faithfulness takes a number from", () => {
  for (const [kind, cases] of Object.entries(FOUNDED)) {
    it(kind, () => {
      for (const said of cases) expect(unfounded(said), JSON.stringify(said).slice(0, 300)).to.deep.equal([]);
    });
  }

  it("finds what comes from nowhere all the same", () => {
    for (const [said, note] of UNFOUNDED) expect(unfounded(said), JSON.stringify(said)).to.include(note);
  });

  it("takes the numbers of a list for none, as long as they follow each other", () => {
    const list = (first: number) => Array.from({ length: 12 }, (_, index) => `${first + index}. x`).join("\n");
    expect(unfounded({ says: list(1) })).to.deep.equal([]);
    expect(unfounded({ says: list(31) })).to.have.length(12);
  });

  it("lets a turn say what its own call then shows, and not what only its own call says", () => {
    const turn = (thought: string, result: string): Trajectory =>
      trajectoryOf({
        question: "40 clips",
        gold: "",
        pred: null,
        correct: true,
        steps: [
          { thought: "", tool: "python", input: "40+0", observation: "40" },
          { thought, tool: "python", input: "47*1", observation: result },
        ],
        final: "done",
      });
    expect(notes(faithfulness(turn("It will be 47", "47")))).to.deep.equal([]);
    expect(notes(faithfulness(turn("It was 47", "")))).to.deep.equal(["47 comes from nowhere"]);
  });

  it("points at the message alone for thinking that is kept apart from the text", () => {
    expect(faithfulness(told({ reasoning: "maybe 4711", says: "no" }))).to.have.deep.property("spans", [
      { message: 4, start: 0, end: 0, note: "4711 comes from nowhere" },
    ]);
  });
});

describe("sums that a text shows", () => {
  it("finds wrong ones, small and large, and counts them once", () => {
    for (const sum of ["3 + 4 = 8", "- 3 + 4 = 8", "(3+4 = 8)", "so 1,200 - 300 = 1,000", "**3 + 4 = 8**"]) {
      const found = unfounded({ asked: "60, 1,200 and 300, 20%", says: sum });
      expect(found, sum).to.have.length(1);
      expect(found[0], sum).to.match(/ is wrong$/);
    }
  });

  it("leaves alone what may mean something else", () => {
    const unclear = [
      "half of 6 + 3 = 6",
      "sqrt(16) + 3 = 7",
      "2x + 3 = 7",
      "9 - 2 = (6 * x) - 5",
      "5 + 4 = 2 (mod 7)",
      "0900-0130 = 0730",
      "x == 3+4",
      "100 + 10% = 110",
      "1.000 + 500 = 1.500",
      "3 + 4 ≈ 8",
    ];
    for (const sum of unclear)
      expect(
        unfounded({ says: sum }).filter((note) => note?.endsWith("is wrong")),
        sum,
      ).to.deep.equal([]);
  });
});

describe("faithfulness on hostile text", () => {
  const repeated = (text: string) => text.repeat(Math.ceil(50_000 / text.length));
  const counted = (write: (index: number) => string) => Array.from({ length: 8000 }, (_, index) => write(index + 100)).join("");
  const texts: Readonly<Record<string, string>> = {
    digits: repeated("1"),
    separators: `1${repeated(",234")}`,
    points: `1${repeated(".234")}`,
    parentheses: `${repeated("(")}1+1${repeated(")")}=2`,
    sums: repeated("1+1="),
    "one long sum": `${repeated("1+")}1=2`,
    tags: repeated("<act>"),
    words: repeated("hundred thousand "),
    braces: repeated("\\frac{"),
    spaces: `1${repeated(" ")}`,
    "numbers from nowhere in one sentence": counted((number) => `${number} `),
    "wrong sums": counted((number) => `${number} + 1 = 5\n`),
    times: repeated("12:"),
  };
  for (const [name, text] of Object.entries(texts)) {
    it(`ends: ${name}`, () => {
      for (const place of ["says", "result", "asked", "reasoning"] as const)
        expect(faithfulness(told({ says: "12", [place]: text }))).to.be.an("object");
    }).timeout(60_000);
  }

  it("looks only at nesting that it can follow", () => {
    let nested: JsonObject = { value: 4711 };
    for (let depth = 0; depth < 20_000; depth++) nested = { nested };
    expect(unfounded({ args: nested, says: "4711" })).to.deep.equal([]);
  });
});

describe("faithfulness on real runs", function () {
  this.timeout(120_000);
  const value = (trajectory: Trajectory) => {
    const score = faithfulness(trajectory);
    return "value" in score ? score.value : undefined;
  };
  const share = (values: readonly (number | undefined)[]) => values.filter((one) => one !== undefined && one < 1).length / values.length;

  it("throws away less than one in a hundred right GSM8K runs, and of GSM8K's own solutions less than one in fifty", () => {
    const right = recordedRuns("gsm8k/gsm8k-calculator-models.jsonl").filter(({ correct }) => correct);
    // The sample holds two of the thirteen.
    expect(share(right.map((run) => value(trajectoryOf(run))))).to.be.below(largest.size === "whole" ? 0.01 : 0.03);
    expect(share(workedSolutions("test").map((run) => value(trajectoryOf(run))))).to.be.below(0.02);
  });

  it("finds the right ToRA runs whose answer is not what the tool said", () => {
    const right = recordedRuns("tora/tora-gsm8k.jsonl").filter(({ correct }) => correct);
    const found = right.filter((run) => (value(trajectoryOf(run)) ?? 1) < 1);
    const failed = ["30 for SyntaxError", "12 for IndexError:"];
    const others = ["8000 for 80000.0", "14 for 2.8", "20 for 1.333333333", "225 for -180", "45000 for NameError: "];
    expect(found.map(({ steps, pred }) => `${pred} for ${steps.at(-1)?.observation?.slice(0, 11)}`)).to.have.members(
      largest.size === "whole" ? [...failed, ...others] : failed,
    );
  });

  it("finds changed answers and misread results in nearly all runs", () => {
    const seven = (number: number) => number + 7;
    const right = (log: "gsm8k/gsm8k-calculator-models.jsonl" | "tora/tora-gsm8k.jsonl") =>
      recordedRuns(log).filter((run) => run.correct && value(trajectoryOf(run)) === 1);
    const gsm8k = right("gsm8k/gsm8k-calculator-models.jsonl");
    const found = (runs: readonly ReturnType<typeof withOtherAnswer>[]) =>
      share(runs.flatMap((run) => (run === undefined ? [] : [value(trajectoryOf(run))])));
    expect(found(gsm8k.map((run) => withOtherAnswer(run, seven)))).to.be.above(0.97);
    expect(found(right("tora/tora-gsm8k.jsonl").map((run) => withOtherAnswer(run, seven)))).to.be.above(0.99);
    expect(found(gsm8k.map((run) => withMisreadResult(run, seven)))).to.be.above(0.99);
  });
});
