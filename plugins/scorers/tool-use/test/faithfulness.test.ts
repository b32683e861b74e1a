import type { JsonObject, Message, Score, ToolDefinition, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { dataSets } from "../../../../test/data/sets.ts";
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
    { asked: "an hour and a half, two pounds and a quarter, a cup and half", says: "1.5 hours, 2.25 pounds, 1.5 cups" },
    { asked: "ten twenties and two fifties", says: "$20 and $50" },
    { asked: "half of it", says: "Half of the time is 0.5 of it." },
    { asked: "seven-tenths of them", says: "7/10 of them" },
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
    { result: "14400", says: "14, 400 pages" },
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
    { asked: "How many cents are left of $2.50 and $4.60?", says: "Of 250 and 460." },
    { asked: "half an hour, in minutes", says: "30" },
    { asked: "half a dollar", says: "50 cents" },
    { asked: "an hour and 45 minutes", says: "1.75 hours or 105 minutes" },
    { result: "30 minutes", says: "That is 0.5 of an hour." },
    { asked: '64" tall, in feet', says: 'There are 12" in a foot.' },
    { result: "28 cups", says: "28 cups are 14 pints." },
    { result: "48 quarts", says: "48 quarts are 12 gallons.\nSo 12." },
    { asked: "Each of her fingers", says: "10 fingers" },
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
    { asked: "165 for 15 each", says: "165\nHe sold 11 because 11 x 15 made it." },
    { asked: "20 things on 4 cards", says: "On 4 cards each has 20 * .25 of them." },
    { asked: "144 square feet", says: "√144 = 12 feet a side" },
    { asked: "60 is 3/4 of it", says: "60 / 3/4 = 80" },
    { asked: "3 of 21", says: "3 pins / 21 pins * 100% = 14.28" },
  ],
  "equations that follow from others": [
    { asked: "1000 in two sections, 320 in another and 200 more", says: "320 + x + 200 + x = 1000\n2x = 480\nx = 240" },
    { asked: "12 left of a third", says: "Now 2/3 * x = 12, so x = 18." },
    { asked: "120 for one and a half", says: "x+x/2 = 120\n3/2x = 120\nx = 80 cm" },
    {
      asked: "37 cm, 7 cm shorter, four times",
      says: "Blue = Y - 7\nRed = 4 * (Y - 7)\nY + Y - 7 + 4 (Y - 7) = 37 cm\n6Y - 35 = 37\n6Y = 72\nRed is 20.",
    },
    { asked: "1 more than 3 times, 33 in all", says: "One is 3R + 1.\n4R + 1 = 33, so R = 8, and it is 25." },
    { asked: "38 of 50, 16, 78 at the end", says: "B - 38 + 50 = B + 12 are left. Later 78 = B + 12, so B = 66." },
    { asked: "240, 40, 84, 100", says: "240 students – (40 students + 84 students + 100 students) = 240 students – 224 students" },
    { asked: "17 a minute, 5/9 each, 1440 minutes", says: "17 breaths/minute * 5/9 L/breath * 1440 minutes = 122400 / 9" },
    { asked: "30 people, 15%", says: "15% * x = 30, so x = 200" },
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
  [{ asked: "1000, 320 and 200", says: "320 + x + 200 + x = 1000\n2x = 487" }, "487 comes from nowhere"],
  [{ asked: "1000, 320 and 200", says: "320 + x + 200 + x = 1000, so x = 247" }, "247 comes from nowhere"],
  [{ asked: "33 in all", says: "4R + 1 = 33, so x = 25." }, "25 comes from nowhere"],
  [{ asked: "33 in all", says: "One is 3R + 1.\n4R + 1 = 33, so it is 26." }, "26 comes from nowhere"],
  [{ asked: "33 in all", says: "4R + 17 = 33, so R = 4, and 4R + 25 = 41" }, "41 comes from nowhere"],
  [{ asked: "78 at the end", says: "78 = B + 19, so B = 59." }, "59 comes from nowhere"],
  [{ asked: "240, 40, 84, 100", says: "240 - (40 + 84 + 100) = 240 - 223" }, "223 comes from nowhere"],
  [{ asked: "5 and 6", says: "4711 * 0 + 5 + 6 = 5 + 6" }, "4711 comes from nowhere"],
  [{ asked: "100 in half", says: "half of x = 30, so x^2 = 900" }, "900 comes from nowhere"],
  [{ asked: "How many cents are left of $2.50?", says: "Of 260." }, "260 comes from nowhere"],
  [{ asked: "How many are left of $2.50?", says: "Of 250." }, "250 comes from nowhere"],
  [{ asked: "an hour and 45 minutes", says: "1.85 hours" }, "1.85 comes from nowhere"],
  [{ asked: 'the word "60" in feet', says: "It has 12 letters." }, "12 comes from nowhere"],
  [{ asked: "144 square feet", says: "√144 = 13 feet a side" }, "13 comes from nowhere"],
  [{ asked: "144 feet", says: "144 feet, so 12 feet a side" }, "12 comes from nowhere"],
  [{ asked: "60 is 3/4 of it", says: "60 / 3/4 = 90" }, "60 / 3/4 = 90 is wrong"],
  [{ asked: "18 and 50%", says: "18 + 2 * 50% = 1900" }, "1900 comes from nowhere"],
  [{ asked: "seven-tenths", says: "7/11 of them" }, "11 comes from nowhere"],
  [{ result: "14400", says: "14, 500 pages" }, "500 comes from nowhere"],
  [{ result: "28 cups", says: "28 cups are 15 pints." }, "15 comes from nowhere"],
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

  it("lets a turn go on with the sum that the one before left to its call, where it begins with the right result", () => {
    const turns = (next: string, sum = "72 * 2", result = "144"): Trajectory =>
      trajectoryOf({
        question: "72 and 60, twice as many",
        gold: "",
        pred: null,
        correct: true,
        steps: [
          { thought: `He baked ${sum} = `, tool: "calculator", input: sum, observation: result },
          { thought: next, tool: "calculator", input: "216/2", observation: "108" },
        ],
        final: "done",
      });
    expect(notes(faithfulness(turns("144 cookies.\nTory baked 216 / 2 = ")))).to.deep.equal([]);
    expect(notes(faithfulness(turns("Tory baked 216 / 2 = ")))).to.deep.equal(["216 comes from nowhere"]);
    // What is rounded down is not what the tool said.
    expect(notes(faithfulness(turns("12 each.", "72 / 5.6", "12.857142857142858")))).to.deep.equal(["12 comes from nowhere"]);
    expect(notes(faithfulness(turns("151 cookies.\nTory baked 223 / 2 = ")))).to.deep.equal(["151 comes from nowhere", "223 comes from nowhere"]);
  });

  it("points at the message alone for thinking that is kept apart from the text", () => {
    expect(faithfulness(told({ reasoning: "maybe 4711", says: "no" }))).to.have.deep.property("spans", [
      { message: 4, start: 0, end: 0, note: "4711 comes from nowhere" },
    ]);
  });
});

describe("sums that a text shows", () => {
  it("finds wrong ones, small and large, and counts them once", () => {
    for (const sum of ["3 + 4 = 8", "- 3 + 4 = 8", "(3+4 = 8)", "so 1,200 - 300 = 1,000", "**3 + 4 = 8**", "3 + 4 = 8 – so it is"]) {
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
      "(300/3) x 2 = 100 x 2",
      "2,430 – (1,250 + 850) = 2,430 – 2,100",
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
    equations: counted((number) => `x + ${number} = ${2 * number}\n`),
    "one long equation": `${repeated("2x + ")}1 = 12`,
    "equations in one line": repeated("2x = 30 = "),
    "factors of factors": `${repeated("2(")}x = 30`,
    units: `12 ${repeated("apples/")}`,
    shares: repeated("12/13 "),
    "divisors in divisors": `${repeated("60 / 3/4 ")}= 80`,
    "an hour and": repeated("an hour and "),
    "spaced thousands": repeated("100, "),
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

for (const sets of dataSets)
  describe(`faithfulness on real runs (${sets.size})`, function () {
    this.timeout(120_000);
    const value = (trajectory: Trajectory) => {
      const score = faithfulness(trajectory);
      return "value" in score ? score.value : undefined;
    };
    const share = (values: readonly (number | undefined)[]) => values.filter((one) => one !== undefined && one < 1).length / values.length;

    it("throws away less than one in a hundred right GSM8K runs, and of GSM8K's own solutions too", () => {
      const right = recordedRuns("gsm8k/gsm8k-calculator-models.jsonl", sets).filter(({ correct }) => correct);
      // The sample holds two of the thirteen.
      expect(share(right.map((run) => value(trajectoryOf(run))))).to.be.below(sets.size === "whole" ? 0.01 : 0.03);
      for (const split of ["train", "test"] as const)
        expect(share(workedSolutions(split, sets).map((run) => value(trajectoryOf(run)))), split).to.be.below(0.01);
    });

    it("finds the right ToRA runs whose answer is not what the tool said", () => {
      const right = recordedRuns("tora/tora-gsm8k.jsonl", sets).filter(({ correct }) => correct);
      const found = right.filter((run) => (value(trajectoryOf(run)) ?? 1) < 1);
      const failed = ["30 for SyntaxError", "12 for IndexError:"];
      const others = ["8000 for 80000.0", "14 for 2.8", "20 for 1.333333333", "225 for -180", "45000 for NameError: "];
      expect(found.map(({ steps, pred }) => `${pred} for ${steps.at(-1)?.observation?.slice(0, 11)}`)).to.have.members(
        sets.size === "whole" ? [...failed, ...others] : failed,
      );
    });

    it("finds changed answers and misread results in nearly all runs", () => {
      const seven = (number: number) => number + 7;
      const ten = (number: number) => number * 10;
      const right = (log: "gsm8k/gsm8k-calculator-models.jsonl" | "tora/tora-gsm8k.jsonl") =>
        recordedRuns(log, sets).filter((run) => run.correct && value(trajectoryOf(run)) === 1);
      const gsm8k = right("gsm8k/gsm8k-calculator-models.jsonl");
      const found = (runs: readonly ReturnType<typeof withOtherAnswer>[]) =>
        share(runs.flatMap((run) => (run === undefined ? [] : [value(trajectoryOf(run))])));
      expect(found(gsm8k.map((run) => withOtherAnswer(run, seven)))).to.be.above(0.97);
      expect(found(gsm8k.map((run) => withOtherAnswer(run, ten)))).to.be.above(0.96);
      const tora = right("tora/tora-gsm8k.jsonl");
      expect(found(tora.map((run) => withOtherAnswer(run, seven)))).to.be.above(0.99);
      expect(found(tora.map((run) => withOtherAnswer(run, ten)))).to.be.above(0.97);
      expect(found(gsm8k.map((run) => withMisreadResult(run, seven)))).to.be.above(0.99);
    });
  });
