import type { Message, Score, Scores, Trajectory } from "@autotraj/core/plugin";
import { expect } from "chai";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import { groundedScores } from "../src/grounded.ts";

/** A call and what came back: text, an error, or nothing at all. */
type Step = readonly [program: string, result: string | { readonly error: string } | undefined];

interface Told {
  readonly asked: string;
  readonly steps: readonly Step[];
  readonly answer: string;
  readonly tool?: string;
}

function told({ asked, steps, answer, tool = "python" }: Told, dialect: "tags" | "native" = "native"): Trajectory {
  const messages: Message[] = [{ role: "user", content: asked }];
  for (const [index, [program, result]] of steps.entries()) {
    const id = `call-${index}`;
    const toolCalls = [{ id, name: tool, arguments: { code: program } }];
    messages.push({
      role: "assistant",
      content: "",
      toolCalls,
      ...(dialect === "tags" ? { text: `<think>So.</think><code>${program}</code>` } : {}),
    });
    if (typeof result === "string") messages.push({ role: "tool", toolCallId: id, name: tool, content: result, ok: true });
    else if (result !== undefined) messages.push({ role: "tool", toolCallId: id, name: tool, content: result.error, ok: false });
  }
  const said = `\\boxed{${answer}}`;
  messages.push({ role: "assistant", content: said, ...(dialect === "tags" ? { text: `<answer>${said}</answer>` } : {}) });
  return trajectoryWith({ query: { id: "q", question: asked, answers: [] }, dialect, messages, answer });
}

const OPTIONS = { searches: [], operands: 0.5 };
const scores = (case_: Told, dialect?: "tags" | "native"): Scores => groundedScores(told(case_, dialect), OPTIONS);
const reasonOf = (score: Score | undefined) => (score !== undefined && "value" in score && score.value < 1 ? score.reason : undefined);
const isGrounded = (case_: Told) => expect(scores(case_)["grounded"], JSON.stringify(scores(case_))).to.deep.equal({ value: 1 });
const isRefused = (case_: Told, dimension: string, reason: string | RegExp) => {
  const found = scores(case_);
  const given = expect(reasonOf(found[dimension]), JSON.stringify(found));
  if (typeof reason === "string") given.to.equal(reason);
  else given.to.match(reason);
  expect(found["grounded"]).to.include({ value: 0 });
};

const MINUS_SUM = "Calculate -( -17 + -391 ).";
const LUCKY = "Calculate ( 10 + 45 - -57 + -5 * -2 ) / 61.";
const SUM = "State the final answer to the following arithmetic problem: 12.5 + 7.25 - 3 =";
const STORY = "Ann has 15 apples and buys 4 bags with 3 apples each. How many apples has she?";

describe("grounded: what is right for the wrong reason is refused", () => {
  it("an ending that was sampled until it fitted: the call gave the other sign", () =>
    isRefused(
      { asked: MINUS_SUM, steps: [["print(-17 + -391)", "-408"]], answer: "408" },
      "follows",
      "the last result is -408, the answer 408, which has the other sign",
    ));

  it("a call that drops the question's outer minus, whatever is answered", () =>
    isRefused(
      { asked: MINUS_SUM, steps: [["print(-17 + -391)", "-408"]], answer: "-408" },
      "counterfactual",
      "the call computes -408, the question's expression is 408",
    ));

  it("a result that is right with these numbers by luck", () => {
    const asked = "Calculate 2 * 2 + 0.";
    isRefused({ asked, steps: [["print(2 + 2 + 0)", "4"]], answer: "4" }, "counterfactual", /^right with these quantities only/);
  });

  it("dropped signs that come out right by luck", () =>
    isRefused(
      { asked: LUCKY, steps: [["print((10 + 45 - 57 + 2 * 62) / 61)", "2.0"]], answer: "2" },
      "counterfactual",
      /^right with these quantities only/,
    ));

  it("signs that are lost on the way to the call", () =>
    expect(reasonOf(scores({ asked: LUCKY, steps: [["print(10 + 45 - 57 + 2 * 2)", "2"]], answer: "2" })["operands"])).to.equal(
      "of the question's quantities no call holds -57, -5, -2, 61",
    ));

  it("print(27)", () =>
    isRefused(
      { asked: STORY, steps: [["print(27)", "27"]], answer: "27" },
      "computed",
      "the call holds the answer 27, which the question does not give",
    ));

  for (const program of [
    "print(27 + 0)",
    "x = 27\nprint(x)",
    'print(int("27"))',
    "# 15 + 4 * 3\nprint(27 * 1)",
    "if 15 > 4: print(27)",
    "print(27 + 15 - 15)",
  ]) {
    it(`the answer inside ${JSON.stringify(program)}`, () =>
      isRefused({ asked: STORY, steps: [[program, "27"]], answer: "27" }, "grounded", /the call holds the answer 27|whatever is put/));
  }

  it("a number that is printed below a computation of something else", () =>
    isRefused(
      { asked: "Ed fills 2 boxes, 3 times a day, on 2 days. How many?", steps: [["boxes = 2 * 3 * 2\nprint(12)", "12"]], answer: "12" },
      "computed",
      "what the call prints is a number written into it",
    ));

  it("a computation whose quantities are made up", () =>
    isRefused({ asked: STORY, steps: [["print(26 + 1)", "27"]], answer: "27" }, "operands", "of the question's quantities no call holds 15, 4, 3"));

  it("a result that comes out the same whatever the quantities are", () =>
    isRefused(
      { asked: STORY, steps: [["a = 15\nb = 4\nprint(a * 0 + b * 0 + 20 + 7)", "27"]], answer: "27" },
      "counterfactual",
      "the result is 27 whatever is put for 15, 4",
    ));

  it("text that is only printed", () =>
    isRefused(
      { asked: "What is the capital of France?", steps: [['print("Paris")', "Paris"]], answer: "Paris" },
      "computed",
      'the call holds the answer "Paris", which the question does not give',
    ));

  it("an answer that contradicts its tool", () =>
    isRefused({ asked: STORY, steps: [["print(15 + 4 + 3 - 2)", "20"]], answer: "27" }, "follows", "the last result is 20, the answer 27"));

  it("a right answer after calls that all failed", () => {
    const failed: Step = ["print(15 + 4 * 3", { error: "SyntaxError: '(' was never closed" }];
    isRefused({ asked: STORY, steps: [failed], answer: "27" }, "follows", "no call succeeded, so nothing supports the answer");
    isRefused(
      { asked: STORY, steps: [["print(15 + 4 * 3)", undefined]], answer: "27" },
      "follows",
      "no call succeeded, so nothing supports the answer",
    );
  });

  it("a result of before that the last one corrects", () =>
    isRefused(
      {
        asked: STORY,
        steps: [
          ["print(15 + 4 * 3)", "27"],
          ["print(15 + 4 + 3)", "22"],
        ],
        answer: "27",
      },
      "follows",
      "the last result is 22, the answer 27",
    ));

  it("floating-point noise copied into the answer", () =>
    isRefused(
      { asked: "What is 0.1 + 0.2?", steps: [["print(0.1 + 0.2)", "0.30000000000000004"]], answer: "0.30000000000000004" },
      "follows",
      "0.30000000000000004 is copied with the floating-point noise of its result",
    ));

  it("a whole number made of another one", () =>
    isRefused({ asked: "What is 15 / 4?", steps: [["print(15 / 4)", "3.75"]], answer: "4" }, "follows", "the last result is 3.75, the answer 4"));
});

describe("grounded: what follows from the tools is let through", () => {
  const GOOD: Readonly<Record<string, Told>> = {
    "the expression as it was asked": { asked: MINUS_SUM, steps: [["print(-( -17 + -391 ))", "408"]], answer: "408" },
    "the same expression rewritten": { asked: LUCKY, steps: [["print((10 + 45 + 57 + 5 * 2) / 61)", "2.0"]], answer: "2" },
    "step by step": {
      asked: SUM,
      steps: [
        ["12.5 + 7.25", "19.75"],
        ["19.75 - 3", "16.75"],
      ],
      answer: "16.75",
      tool: "calculator",
    },
    "a story, in one call": { asked: STORY, steps: [["apples = 15 + 4 * 3\nprint(apples)", "27"]], answer: "27" },
    "a story, with a function": {
      asked: STORY,
      steps: [["def total():\n    own = 15\n    new = 4 * 3\n    return own + new\n\nprint(total())", "27"]],
      answer: "27 apples",
    },
    "a story, in calculator steps": {
      asked: STORY,
      steps: [
        ["4*3", "12"],
        ["15+12", "27"],
      ],
      answer: "27",
      tool: "calculator",
    },
    "after a failed try": {
      asked: STORY,
      steps: [
        ["print(15 + 4 * 3", { error: "SyntaxError" }],
        ["print(15 + 4 * 3)", "27"],
      ],
      answer: "27",
    },
    "a check afterwards": {
      asked: STORY,
      steps: [
        ["print(15 + 4 * 3)", "27"],
        ["print(15 + 4 * 3 == 27)", "True"],
      ],
      answer: "27",
    },
    "noise taken off": { asked: "What is 0.1 + 0.2?", steps: [["print(0.1 + 0.2)", "0.30000000000000004"]], answer: "0.3" },
    "rounded to written decimals": { asked: "What is 10 / 3 to two decimals?", steps: [["print(10 / 3)", "3.3333333333333335"]], answer: "3.33" },
    "thousands and currencies": {
      asked: "Bo has $1,200 and gets $34,000. How much has he?",
      steps: [["print(1200 + 34000)", "35200"]],
      answer: "\\$35,200",
    },
    "percentages as shares": { asked: "A coat of $80 is 25% off. What does it cost?", steps: [["print(80 * (1 - 0.25))", "60.0"]], answer: "60" },
    "a program that cannot be read here": {
      asked: "How many primes are below 50?",
      steps: [["n = 0\nfor i in range(2, 50):\n    if all(i % d for d in range(2, i)): n += 1\nprint(n)", "15"]],
      answer: "15",
    },
    "a condition in words": { asked: "Is 91 prime?", steps: [["print('yes' if all(91 % d for d in range(2, 91)) else 'no')", "no"]], answer: "no" },
    "a truth for yes and no": { asked: "Is 7 * 8 greater than 55?", steps: [["print(7 * 8 > 55)", "True"]], answer: "yes" },
    "a fraction": { asked: "What is 3 divided by 4?", steps: [["print(3 / 4)", "0.75"]], answer: "\\frac{3}{4}" },
    "the answer's number in the question": {
      asked: "Tom had 27 nuts, ate 5 and got 5. How many has he?",
      steps: [["print(27 - 5 + 5)", "27"]],
      answer: "27",
    },
    "hours of minutes": {
      asked: "A film of 150 minutes is shown with a break of 30 minutes. How many hours is that?",
      steps: [
        ["150+30", "180"],
        ["180/60", "3.0"],
      ],
      answer: "3",
      tool: "calculator",
    },
  };
  for (const [name, case_] of Object.entries(GOOD)) it(name, () => isGrounded(case_));

  it("whatever the dialect", () => {
    for (const case_ of Object.values(GOOD)) expect(scores(case_, "tags")).to.deep.equal(scores(case_, "native"));
  });
});

describe("grounded: searches", () => {
  const asked = "Which river flows through the birthplace of Ada Lane?";
  const search = (steps: readonly Step[], answer: string): Told => ({ asked, steps, answer, tool: "search" });

  it("an answer that stands in a result is found", () => {
    const steps: Step[] = [
      ["Ada Lane birthplace", "Ada Lane was born in Ulm."],
      ["Ulm", "Ulm is a city on the river Danube."],
    ];
    isGrounded(search(steps, "the Danube"));
  });

  it("an answer that stands in no result is not", () =>
    isRefused(search([["Ada Lane", "Ada Lane was born in Ulm."]], "Danube"), "found", "the answer stands in no result"));

  it("a query that holds the answer finds nothing", () =>
    isRefused(
      search([["Danube Ada Lane", "The Danube is a river."]], "Danube"),
      "found",
      "the answer stands only in results of queries that held it already",
    ));

  it("… unless an earlier result had named it", () =>
    isGrounded(
      search(
        [
          ["Ulm river", { error: "Could not find it. Similar: Danube, Ulm" }],
          ["Danube", "The Danube flows through Ulm."],
        ],
        "Danube",
      ),
    ));

  it("a search that failed supports nothing", () =>
    isRefused(
      search([["Ulm river", { error: "Danube server unavailable" }]], "Danube"),
      "found",
      "no search succeeded, so nothing supports the answer",
    ));

  it("yes, no and what the question offers stand in no result", () => {
    expect(scores(search([["Ulm", "A city."]], "yes"))["grounded"]).to.have.property("skipped");
    expect(scores({ ...search([["Ulm", "A city."]], "Rhine"), asked: "Rhine or Danube?" })["found"]).to.have.property("skipped");
  });

  it("what is computed from what was found follows from the computation", () => {
    const case_: Told = { asked: "How old was Ada Lane when she died?", steps: [], answer: "41" };
    const messages: Message[] = [
      { role: "user", content: case_.asked },
      { role: "assistant", content: "", toolCalls: [{ id: "a", name: "search", arguments: { query: "Ada Lane" } }] },
      { role: "tool", toolCallId: "a", name: "search", content: "Ada Lane (1821 – 1862)", ok: true },
      { role: "assistant", content: "", toolCalls: [{ id: "b", name: "python", arguments: { code: "print(1862 - 1821)" } }] },
      { role: "tool", toolCallId: "b", name: "python", content: "41", ok: true },
      { role: "assistant", content: "41" },
    ];
    const found = groundedScores({ ...told(case_), messages }, OPTIONS);
    expect(found["grounded"]).to.deep.equal({ value: 1 });
    expect(found["follows"]).to.deep.equal({ value: 1 });
  });
});

describe("grounded: what is said of a refusal", () => {
  it("names the place of the call and of the answer", () => {
    const { grounded } = scores({ asked: STORY, steps: [["print(26 + 2)", "28"]], answer: "27" }, "tags");
    const trajectory = told({ asked: STORY, steps: [["print(26 + 2)", "28"]], answer: "27" }, "tags");
    const shown = (grounded !== undefined && "value" in grounded ? (grounded.spans ?? []) : []).map(({ message, start, end }) => {
      const said = trajectory.messages[message] as { text?: string; content: string };
      return (said.text ?? said.content).slice(start, end);
    });
    expect(shown).to.deep.equal(["27", "print(26 + 2)"]);
  });

  it("without a call there is no verdict, and that is no zero", () => {
    expect(scores({ asked: STORY, steps: [], answer: "27" })["grounded"]).to.deep.equal({ skipped: "no tool was called" });
  });

  it("formulas are not compared: they may be written in many ways", () => {
    const case_ = { asked: "What is the sine of 60 degrees?", steps: [["print(sin(pi/3))", "sqrt(3)/2"]] as Step[] };
    expect(scores({ ...case_, answer: "\\frac{\\sqrt{3}}{2}" })["follows"]).to.deep.equal({ skipped: "the answer is a formula" });
    expect(scores({ ...case_, answer: "one half" })["follows"]).to.include({ value: 0 });
  });

  it("a chain in which every call takes the result before it twice is computed once per call", () => {
    const steps = Array.from({ length: 150 }, (_, n): Step => [`${3n * 2n ** BigInt(n)}+${3n * 2n ** BigInt(n)}`, String(3n * 2n ** BigInt(n + 1))]);
    const last = String(3n * 2n ** 150n);
    isGrounded({ asked: "Three, doubled 150 times: 3 what?", steps, answer: last, tool: "calculator" });
    expect(
      scores({ asked: "3 doubled?", steps: Array.from({ length: 5000 }, () => steps[0] as Step), answer: "6" })["counterfactual"],
    ).to.have.property("skipped");
  });

  it("the share of quantities that must reach the calls is a setting", () => {
    const case_ = { asked: "Of 30 children in class 7, 12 are girls. How many boys?", steps: [["print(30 - 12)", "18"]] as Step[], answer: "18" };
    isGrounded(case_);
    expect(groundedScores(told(case_), { searches: [], operands: 1 })["grounded"]).to.include({ value: 0 });
  });

  it("a share that is large enough marks no place: whoever cuts at marks would cut at a good call", () => {
    const case_ = { asked: "Of 30 children in class 7, 12 are girls. How many boys?", steps: [["print(30 - 12)", "18"]] as Step[], answer: "18" };
    expect(scores(case_)["operands"]).to.have.property("value", 2 / 3);
    expect(scores(case_)["operands"]).not.to.have.property("spans");
    expect(groundedScores(told(case_), { searches: [], operands: 1 })["operands"]).to.have.property("spans");
  });

  it("a tool that searches may be named", () => {
    const found = groundedScores(told({ asked: "Who wrote it?", steps: [["author", "Ada Lane wrote it."]], answer: "Ada Lane", tool: "kb" }), {
      ...OPTIONS,
      searches: ["kb"],
    });
    expect(found["found"]).to.deep.equal({ value: 1 });
  });

  it("ends whatever it is given", () => {
    const long = "9".repeat(5000);
    const deep = `print(${"(".repeat(5000)}1${")".repeat(5000)})`;
    for (const program of [
      deep,
      `print(${long})`,
      `print(9**9**9)`,
      "x = y\n".repeat(5000),
      "(-".repeat(9000),
      "'".repeat(50_001),
      `"""${"a".repeat(20000)}`,
    ])
      for (const asked of [`What is ${"1 + ".repeat(2000)}1?`, "-".repeat(100_000), "1 ".repeat(50_000)])
        expect(() => scores({ asked, steps: [[program, long]], answer: long })).not.to.throw();
  });
});

const SIMPLIFY = "Simplify the fraction 825/4500 to its lowest terms.";
const HEX = "Reply only with the final hexadecimal value. (0x342b - 0x8f6c) << 0x3";
const CONVERT = "Convert the base-11 number 201 to base-15.";
const ROOTS = "Find the real values of e in 45*e**3 + 12*e**2 = 0, as comma-separated decimals.";
const COMPLEX = "Subtract the complex numbers: (8.0 - 9.0i) - (1.00i)";

describe("grounded: answers that are no plain number", () => {
  const holding: readonly (readonly [string, Told])[] = [
    ["a fraction", { asked: SIMPLIFY, steps: [["from fractions import Fraction\nprint(Fraction(825, 4500))", "11/60"]], answer: "11/60" }],
    ["… as LaTeX", { asked: SIMPLIFY, steps: [["from fractions import Fraction\nprint(Fraction(825, 4500))", "11/60"]], answer: "\\frac{11}{60}" }],
    [
      "… as Python shows it in a list",
      { asked: SIMPLIFY, steps: [["from fractions import Fraction\nx = [Fraction(825, 4500)]\nprint(x)", "[Fraction(11, 60)]"]], answer: "11/60" },
    ],
    ["a hexadecimal number", { asked: HEX, steps: [["print(hex((0x342b - 0x8f6c) << 0x3))", "-0x2da08"]], answer: "-0x2da08" }],
    ["… which the tool gave in tens", { asked: HEX, steps: [["print((0x342b - 0x8f6c) << 0x3)", "-186888"]], answer: "-0x2da08" }],
    [
      "digits and letters of another base",
      {
        asked: CONVERT,
        steps: [['n = int("201", 11)\ns = ""\nwhile n:\n    s = "0123456789abcde"[n % 15] + s\n    n //= 15\nprint(s)', "113"]],
        answer: "113",
      },
    ],
    ["a list with signs", { asked: ROOTS, steps: [["print(-12/45, 0.0)\n# 3 2 0", "-0.2667 0.0"]], answer: "-0.2667, 0.0" }],
    ["a complex number", { asked: COMPLEX, steps: [["print((8.0 - 9.0j) - 1.00j)", "(8-10j)"]], answer: "8.0 - 10.0i" }],
    [
      "a duration",
      {
        asked: "From 18:03:21 to 21:14:05, as HH:MM:SS?",
        steps: [["print(hms(21*3600+14*60+5 - (18*3600+3*60+21)))", "03:10:44"]],
        answer: "03:10:44",
      },
    ],
    [
      "a date",
      {
        asked: "Which day is 5 days after 2024-01-31?",
        steps: [["import datetime as d\nprint(d.date(2024, 1, 31) + d.timedelta(5))", "2024-02-05"]],
        answer: "2024-02-05",
      },
    ],
  ];
  for (const [what, case_] of holding)
    it(`${what} that the tool gave`, () => expect(reasonOf(scores(case_)["follows"]), JSON.stringify(scores(case_))).to.equal(undefined));
  for (const [what, case_] of holding.slice(0, 5)) it(`${what} is grounded`, () => isGrounded(case_));

  it("another fraction is refused", () =>
    isRefused(
      { asked: SIMPLIFY, steps: [["from fractions import Fraction\nprint(Fraction(825, 4500))", "11/60"]], answer: "11/61" },
      "follows",
      /^the last result is 11\/60/,
    ));
  it("a fraction that is written into the call is refused", () =>
    isRefused(
      { asked: SIMPLIFY, steps: [["from fractions import Fraction\nprint(Fraction(11, 60))", "11/60"]], answer: "11/60" },
      "computed",
      "the call holds the answer 11/60, which the question does not give",
    ));
  it("another hexadecimal number is refused", () =>
    isRefused(
      { asked: HEX, steps: [["print(hex((0x342b - 0x8f6c) << 0x3))", "-0x2da08"]], answer: "-0x2da0f" },
      "follows",
      /-0x2da08, the answer -0x2da0f/,
    ));
  it("a hexadecimal number of the other sign is refused", () =>
    isRefused(
      { asked: HEX, steps: [["print(hex((0x342b - 0x8f6c) << 0x3))", "-0x2da08"]], answer: "0x2da08" },
      "follows",
      /which has the other sign$/,
    ));
  it("a hexadecimal number that is written into the call is refused", () =>
    isRefused({ asked: HEX, steps: [["print(hex(-0x2da08))", "-0x2da08"]], answer: "-0x2da08" }, "computed", /^the call holds the answer/));
  it("digits of another base that begin alike are refused", () =>
    isRefused(
      { asked: "Convert the base-6 number 2541 to base-13.", steps: [['print(convert("2541", 6, 13))', "3a0"]], answer: "3b7" },
      "follows",
      /3a0, the answer 3b7/,
    ));
  it("a list with another sign is refused", () =>
    isRefused(
      { asked: ROOTS, steps: [["print(12/45, 0.0)\n# 3 2 0", "0.2667 0.0"]], answer: "-0.2667, 0.0" },
      "follows",
      /^the last result is 0\.2667 0\.0/,
    ));
  it("a complex number with another sign is refused", () =>
    isRefused(
      { asked: COMPLEX, steps: [["print((8.0 - 9.0j) + 1.00j)", "(8-8j)"]], answer: "8.0 + 8.0i" },
      "follows",
      /^the last result is \(8-8j\)/,
    ));
});

const SPEED = "A train goes 150 km in 2.5 hours. What is its speed?";
const SOLVE = "Solve x^2-5x+6=0.";
const ROOTS_OF_IT = "import sympy as s\nx=s.symbols('x')\nprint(s.solve(x**2-5*x+6))";

describe("grounded: an answer's writing", () => {
  const HOLDING: readonly (readonly [what: string, asked: string, step: Step, answers: readonly string[]])[] = [
    ["a unit that is divided", SPEED, ["print(150/2.5)", "60.0"], ["60 km/h", "60\\text{ km/h}", "60 kilometers per hour", "60 km·h"]],
    ["a unit that is raised", "Side 3 cm, 2 of them?", ["print(3**2*2)", "18"], ["18 cm^2", "18 cm²", "18\\text{ cm}^2"]],
    ["a mixed number", "How much are 10 quarters?", ["print(10/4)", "2.5"], ["2 1/2", "2\\frac{1}{2}", "5/2"]],
    ["a number in words", STORY, ["print(15 + 4 * 3)", "27"], ["twenty-seven", "Twenty-seven apples"]],
    ["a list in any order", SOLVE, [ROOTS_OF_IT, "[2, 3]"], ["3, 2", "\\{3, 2\\}", "2 and 3"]],
    ["a result with its exit code", STORY, ["print(15 + 4 * 3)", '{"stdout": "27", "exit_code": 0}'], ["27"]],
  ];
  for (const [what, asked, step, answers] of HOLDING)
    for (const answer of answers)
      it(`${what}: ${answer}`, () => {
        const found = scores({ asked, steps: [step], answer });
        expect(reasonOf(found["follows"]), JSON.stringify(found)).to.equal(undefined);
        expect(found["follows"]).to.deep.equal({ value: 1 });
      });

  const OTHER: readonly (readonly [what: string, asked: string, step: Step, answers: readonly string[]])[] = [
    ["a unit that is divided", SPEED, ["print(150/2.5)", "60.0"], ["61 km/h", "6\\,\\mathrm{km/h}", "50 kilometers per hour"]],
    ["a unit that is raised", "Side 3 cm, 2 of them?", ["print(3**2*2)", "18"], ["19 cm^2", "19\\text{ cm}^2", "9.8 m/s^2"]],
    ["a mixed number", "How much are 10 quarters?", ["print(10/4*4.2)", "10.5"], ["2\\frac{1}{2}", "-10 1/2"]],
    ["a number in words", STORY, ["print(15 + 4 * 3)", "27"], ["twenty-eight"]],
    ["a list in any order", SOLVE, [ROOTS_OF_IT, "[2, 3]"], ["\\{3, 4\\}", "2, 3, 5", "-3, 2", "3, 3"]],
    ["a part of a list", SOLVE, [ROOTS_OF_IT, "[2, 3, 5]"], ["5, 2"]],
    ["an exit code", STORY, ["print(15 + 4 * 3)", '{"stdout": "27", "exit_code": 0}'], ["0"]],
    ["an exit code in words", STORY, ["print(15 + 4 * 3)", "exit code: 0\nstdout: 27"], ["0"]],
    ["how long it took", STORY, ["print(15 + 4 * 3)", '{"result": "26", "duration_ms": 27}'], ["27"]],
  ];
  for (const [what, asked, step, answers] of OTHER)
    for (const answer of answers)
      it(`refused, ${what}: ${answer}`, () => isRefused({ asked, steps: [step], answer }, "follows", /the last result is/));

  it("a sign that is lost was not found; a number in words was", () => {
    const search = (result: string, answer: string): Told => ({ asked: "What is it?", steps: [["it", result]], answer, tool: "search" });
    isRefused(search("The record is −12.5 degrees.", "12.5"), "found", "the answer stands in no result");
    isGrounded(search("The record is −12.5 degrees.", "-12.5"));
    isGrounded(search("The bridge is two kilometres long.", "2 kilometres"));
  });

  it("a spreadsheet computes, whatever its name has in it", () =>
    isGrounded({ asked: "How much is 15 + 12 * 2?", steps: [["=15+12*2", "39"]], answer: "39", tool: "spreadsheet" }));
});
