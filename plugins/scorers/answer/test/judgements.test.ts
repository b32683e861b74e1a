import { expect } from "chai";
import { methodFor } from "../src/judge.ts";
import { judges } from "./judging.ts";
import { outcome } from "./scoring.ts";
import { outcomeOf, score } from "./warm.ts";

describe("the answer scorer takes as the gold number", () => {
  judges("right", [
    ["18", "$18"],
    ["18", "18 dollars"],
    ["18", "18.0"],
    ["18", "$18.00"],
    ["18", "18%"],
    ["18", "She makes $18 every day at the farmers' market."],
    ["18", "9 * 2 = $18 every day at the farmer's market"],
    ["7", "10 - 3 = 7"],
    ["1234", "1,234"],
    ["1,234", "1234"],
    ["10,000", "10{,}000"],
    ["1234567", "1 234 567"],
    ["1800000000", "1.8 billion"],
    ["25 million", "25,000,000"],
    ["0.5", "1/2"],
    ["1/2", "50%"],
    ["50%", "0.5"],
    ["50%", "50"],
    ["3.2\\times 10^5", "320000"],
    ["320000", "3.2e5"],
    ["1 1/2", "1.5"],
    ["1.5", "1\\frac{1}{2}"],
    ["\\frac12", "1/2"],
    ["-5", "−5"],
    ["-40", "The temperature is −40 degrees."],
    ["2.74", "2,74 €"],
    ["90", "90^\\circ"],
    ["5", "5\\text{ cm}^2"],
    ["5", "5 km/h"],
    ["2", "x=2"],
    ["3", "3 dozen"],
  ]);
});

describe("the answer scorer unwraps", () => {
  judges("right", [
    ["5", "\\boxed{5}"],
    ["5", "$\\boxed{5}$."],
    ["5", "**5**"],
    ["5", "#### 5"],
    ["5", "The final answer is $5$."],
    ["Paris", "The answer is Paris."],
    ["\\text{Evelyn}", "Evelyn"],
    ["\\boxed{\\frac{3}{2}}", "1.5"],
    ["2/3", "So the probability is 2/3. <|im_start|>user"],
  ]);
});

describe("the answer scorer does not take for the gold answer", () => {
  judges("wrong", [
    ["18", ""],
    ["18", " "],
    ["18", "$"],
    ["18", "not 18"],
    ["18", "17 or 18"],
    ["18", "17, 18"],
    ["18", "between 10 and 18"],
    ["5", "5 apples and 3 pears"],
    ["5", "5 is wrong"],
    ["5", "$5,$6"],
    ["5", "5 hundred"],
    ["$5", "€5"],
    ["4", "x = 2 or x = 4"],
    ["4", "x=2, y=4"],
    ["10", "10+John's age"],
    ["1999", "July 1999"],
    ["2", "2x"],
    ["2", "x2"],
    ["2", "x - 2"],
    ["2", "2 xy"],
    ["4", "4 a"],
    ["4a", "4"],
    ["2", "2y-y"],
    ["2", "2\\pi"],
    ["2", "\\frac{3}{2}"],
    ["\\frac{3}{2}", "2"],
    ["2", "\\boxed{1} \\boxed{2}"],
    ["x=2", "y=2"],
    ["1,2", "12"],
    ["12", "1,2"],
    ["1,2", "1.2"],
    ["(1,2)", "(2,1)"],
    ["[0,1)", "[0,1]"],
    ["0.5", "0.5%"],
    ["1/3", "0.33"],
    ["16386.16", "16386.17"],
    ["16386", "16386.01"],
    ["6290000", "6290001"],
    ["1e-9", "2e-9"],
    ["5.5", "1 11/2"],
    ["1/0", "0"],
    ["2-1", "3-2"],
    ["1969-1974", "1970-1975"],
    ["yes", "Yes, both"],
    ["Paris", "Paris, France"],
    ["A", "the"],
    ["A", "B"],
    ["Theatre", ""],
  ]);
});

describe("the answer scorer asks math-verify and takes as equal", () => {
  judges("right", [
    ["x=2", "2"],
    ["1,2", "2, 1"],
    ["120", "5!"],
    ["4", "sqrt(16)"],
    ["4", "2**2"],
    ["4a-2", "-2+4*a"],
    ["2\\pi", "2*pi"],
    ["\\sqrt{2}/2", "1/sqrt(2)"],
    ["(x+1)^2", "x**2 + 2x + 1"],
    ["\\infty", "infinity"],
    ["\\left(3, \\frac{\\pi}{2}\\right)", "(3, pi/2)"],
  ]);
});

describe("the method auto", () => {
  const expected: Readonly<Record<string, readonly string[]>> = {
    number: [
      "18",
      "-3",
      "3,677 seated",
      "10 m",
      "1,234",
      "$18",
      "28\\%",
      "\\frac{3}{8}",
      "10/9",
      "1\\frac{1}{10}",
      "90^\\circ",
      "1.8 million",
      "$125$ miles",
    ],
    math: ["4a-2", "x=2", "1,2", "(3, 4)", "\\sqrt{2}", "[0,1)", "7\\pi", "x+y", "AB=4,CD=5", "$f(x)$", "$10 m$", "2m"],
    choice: ["A", "(C)", "\\text{(B)}"],
    text: [
      "Paris",
      "yes",
      "$Paris$",
      "\\boxed{no}",
      "\\text{east}",
      "30 Major League Baseball teams",
      "22 November",
      "1999 Odisha cyclone",
      "AC/DC",
      "C++",
      "2-1",
      "12/25/2020",
      "4:30",
      "10 January 1920",
      "1920s",
      "U2",
      "F-16",
      "KXII",
      "7-Eleven",
    ],
  };
  for (const [method, golds] of Object.entries(expected)) {
    for (const gold of golds) it(`compares ${gold} by ${method}`, () => expect(methodFor(gold)).to.equal(method));
  }
});

describe("the answer scorer's options", () => {
  it("let any of several answers match", async () => {
    expect(await outcomeOf(["Samuel Clemens", "Mark Twain"], "mark twain")).to.equal("right");
    expect(await outcomeOf(["five", "5"], "5.0")).to.equal("right");
    const [scores] = await score([{ gold: ["Samuel Clemens", "Mark Twain"], pred: "Poe" }]);
    expect(scores?.["correctness"]).to.deep.equal({
      value: 0,
      reason: 'none of 2 gold answers: "Poe" differs from "Samuel Clemens" once normalised',
    });
  });

  it("set the method per task", async () => {
    const cases = ["hotpotqa", "gsm8k"].map((task) => ({ gold: "1,000", pred: "1000.0", task }));
    const scores = await score(cases, { methods: { hotpotqa: "em" } });
    expect(scores.map((found) => outcome(found["correctness"]))).to.deep.equal(["wrong", "right"]);
  });

  it("compare literally by exact", async () => {
    expect(await outcomeOf("Paris", "paris", { method: "exact" })).to.equal("wrong");
    expect(await outcomeOf("Paris", "\\boxed{Paris}", { method: "exact" })).to.equal("right");
  });

  it("accept a token F1 of 0.5 where asked to", async () => {
    expect(await outcomeOf("New York City", "New York")).to.equal("wrong");
    expect(await outcomeOf("New York City", "New York", { f1Threshold: 0.5 })).to.equal("right");
    expect(await outcomeOf("New York City", "New York", { method: "em", f1Threshold: 0.5 })).to.equal("wrong");
  });

  it("widen the tolerance, but never past what gold's last place can hide", async () => {
    expect(await outcomeOf("3.14", "3.1416")).to.equal("wrong");
    expect(await outcomeOf("3.14", "3.1416", { tolerance: 0.01 })).to.equal("right");
    expect(await outcomeOf("3.14", "3.15", { tolerance: 0.01 })).to.equal("wrong");
    expect(await outcomeOf("314", "315", { tolerance: 0.01 })).to.equal("wrong");
  });

  it("put a suffix after the dimensions, for two entries side by side", async () => {
    const [scores] = await score([{ gold: "Paris", pred: "paris" }], { suffix: "Paper", rules: "paper" });
    expect(Object.keys(scores ?? {})).to.have.members(["correctnessPaper", "f1Paper"]);
  });

  // `paper` takes the first braces of gold and a box up to its first `}`; `selection` the last braces of both, and one letter of gold is a part of it.
  for (const [gold, answer, strict, paper, selection] of [
    ["New York City", "New York", "wrong", "right", "right"],
    ["New York", "New York City", "wrong", "right", "wrong"],
    ["1,2", "2,1", "right", "right", "wrong"],
    ["(1,2)", "(2,1)", "wrong", "right", "wrong"],
    ["x=2", "y=2", "wrong", "right", "right"],
    ["125 miles", "miles", "wrong", "right", "right"],
    ["1/2", "0.5", "right", "wrong", "wrong"],
    ["\\frac{1}{2}", "\\boxed{\\frac{1}{3}}", "wrong", "right", "wrong"],
    ["\\frac{3}{2}", "\\boxed{2}", "wrong", "wrong", "right"],
    ["18", "\\boxed{18}", "right", "right", "right"],
    ["Paris", "London", "wrong", "wrong", "wrong"],
    ["18", undefined, "wrong", "wrong", "wrong"],
  ] as const) {
    it(`find ${JSON.stringify(answer)} for ${gold} ${strict} by strict rules, ${paper} by the paper's evaluation and ${selection} by its selection`, async () => {
      const found: string[] = [];
      for (const options of [{}, { rules: "paper" }, { rules: "paper-selection" }]) found.push(await outcomeOf(gold, answer, options));
      expect(found).to.deep.equal([strict, paper, selection]);
    });
  }
});

describe("the answer scorer's scores", () => {
  it("are skipped where the query has no gold answer", async () => {
    const [none, blank] = await score([
      { gold: [], pred: "18" },
      { gold: [" "], pred: "" },
    ]);
    for (const scores of [none, blank])
      expect(scores)
        .to.have.all.keys("correctness", "f1")
        .and.satisfy((s: object) => Object.values(s).every((v) => "skipped" in v));
  });

  it("are wrong where the trajectory has no answer", async () => expect(await outcomeOf("18", undefined)).to.equal("wrong"));

  it("hold F1 for text and skip it for numbers", async () => {
    const [text, number] = await score([
      { gold: ["New York City", "NYC"], pred: "New York" },
      { gold: "18", pred: "18" },
    ]);
    expect(text?.["f1"]).to.deep.equal({ value: 0.8 });
    expect(number?.["f1"]).to.have.property("skipped");
  });

  it("come in the batch's order, whichever way each was judged", async () => {
    const scores = await score([
      { gold: "4a-2", pred: "-2+4a" },
      { gold: "18", pred: "17" },
      { gold: "\\sqrt{2}", pred: "\\sqrt{3}" },
      { gold: "Paris", pred: "Paris" },
    ]);
    expect(scores.map((found) => outcome(found["correctness"]))).to.deep.equal(["right", "wrong", "wrong", "right"]);
  });

  it("say which rule matched, or why none did", async () => {
    const scores = await score([
      { gold: "1/2", pred: "0.5" },
      { gold: "18", pred: "17 or 18 eggs" },
      { gold: "4a-2", pred: "-2+4a" },
    ]);
    expect(scores.map(({ correctness }) => (correctness as { reason: string }).reason)).to.deep.equal([
      '"0.5" equals "1/2" as a number',
      '"17 or 18 eggs" states no single number; expected "18"',
      '"-2+4a" against "4a-2": equal by math-verify',
    ]);
  });
});
