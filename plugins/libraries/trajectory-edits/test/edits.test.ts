import { spawnSync } from "node:child_process";
import { dialects } from "@autotraj/core";
import type { Message, Trajectory } from "@autotraj/core/plugin";
import { madeCalls } from "@autotraj/evidence/calls";
import { mulberry32 } from "@autotraj/statistics/intervals";
import { expect } from "chai";
import { sample } from "../../../../test/data/sets.ts";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import { arithmeticRuns, computedRuns } from "../../../scorers/grounded/test/labelled.ts";
import { drawnEdits, EDIT_NAMES, type Edit, edited } from "../src/edits.ts";

interface Told {
  readonly program: string;
  readonly result: string;
  readonly answer: string;
  readonly question?: string;
  readonly gold?: readonly string[];
  /** Around the answer. */
  readonly thought?: string;
  readonly tool?: string;
}

const SUM: Told = { program: "print(12 + 30 - -5)", result: "47", answer: "47", thought: "The sum is 47, so I answer 47." };

function tags({
  program,
  result,
  answer,
  question = "What is twelve plus thirty less minus five?",
  gold = [answer],
  thought = "Done.",
}: Told): Trajectory {
  return trajectoryWith({
    query: { id: "q", question, answers: gold },
    messages: [
      { role: "system", content: "Think." },
      { role: "user", content: question },
      {
        role: "assistant",
        content: "",
        reasoning: "A sum.",
        text: `<think>A sum.</think><code>\n${program}\n</code>`,
        toolCalls: [{ id: "c", name: "python", arguments: { code: program } }],
      },
      { role: "tool", toolCallId: "c", name: "python", content: result, ok: true },
      { role: "assistant", content: `\\boxed{${answer}}`, reasoning: thought, text: `<think>${thought}</think><answer>\\boxed{${answer}}</answer>` },
    ],
    answer,
  });
}

function native({ tool = "calculator", ...told }: Told): Trajectory {
  const messages = tags(told).messages.map((message): Message => {
    if (message.role === "tool") return { ...message, name: tool };
    if (message.role !== "assistant") return message;
    const { text: _text, toolCalls, ...said } = message;
    return { ...said, ...(toolCalls === undefined ? {} : { toolCalls: [{ id: "c", name: tool, arguments: { expression: told.program } }] }) };
  });
  return { ...tags(told), dialect: "native", messages };
}

/** All that any of some seeds makes of it. */
function madeOf(trajectory: Trajectory, edit: Edit): readonly Trajectory[] {
  const made = Array.from({ length: 40 }, (_, seed) => edited(trajectory, edit, mulberry32(seed))).filter((one) => one !== undefined);
  return [...new Map(made.map((one) => [JSON.stringify(one), one])).values()];
}

const textOf = (trajectory: Trajectory) => dialects.text(trajectory);
const texts = (told: Told, edit: Edit) => madeOf(tags(told), edit).map(textOf).sort();
const written = (program: string, result: string, number: string) =>
  `<think>A sum.</think><code>\n${program}\n</code>\n<result>\n${result}\n</result>\n<think>The sum is ${number}, so I answer ${number}.</think><answer>\\boxed{${number}}</answer>`;

describe("an edit", () => {
  it("flips the sign of one number of the call; result, thought and answer are what it then gives", () => {
    expect(texts(SUM, "flipped-sign")).to.have.members([written("print(12 - 30 - -5)", "-13", "-13"), written("print(12 + 30 - 5)", "37", "37")]);
    // A minus is put before a number only where no sum, difference or minus can be turned round.
    expect(texts({ ...SUM, program: "print(94 / 2)", result: "47.0" }, "flipped-sign")).to.have.members([
      written("print(-94 / 2)", "-47.0", "-47"),
      written("print(94 / -2)", "-47.0", "-47"),
    ]);
  });

  it("leaves a term or factor out, or has it twice", () => {
    expect(texts(SUM, "dropped-term")).to.have.members([written("print(12 - -5)", "17", "17"), written("print(12 + 30)", "42", "42")]);
    expect(texts(SUM, "repeated-term")).to.have.members([
      written("print(12 + 30 + 30 - -5)", "77", "77"),
      written("print(12 + 30 - -5 - -5)", "52", "52"),
    ]);
    const product = { ...SUM, program: "n = 4\nprint(n * 3 + 2 ** 3)", result: "20", answer: "20", thought: "The sum is 20, so I answer 20." };
    expect(texts(product, "dropped-term")).to.deep.equal([written("n = 4\nprint(n + 2 ** 3)", "12", "12")]);
  });

  it("puts the result into the call in place of the computation", () => {
    expect(texts(SUM, "hard-coded")).to.deep.equal([written("print(12 - 12 + 47)", "47", "47")]);
    const lines = { ...SUM, program: "total = 12 + 30\nprint(total + 5)" };
    expect(texts(lines, "hard-coded")).to.deep.equal([written("total = 12 + 30\nprint(47)", "47", "47")]);
  });

  it("changes one digit of the answer wherever the last turn names it, and leaves the result", () => {
    const made = texts(SUM, "contradicted");
    expect(made).to.have.length.above(5);
    for (const text of made) {
      const number = /boxed\{(\d\d)\}/.exec(text)?.[1] ?? "";
      expect(text).to.equal(written(SUM.program, "47", number));
      expect([...number].filter((digit, at) => digit === "47"[at])).to.have.length(1);
    }
  });

  it("has the last call fail, and keeps the answer", () => {
    const made = madeOf(tags(SUM), "failed-result");
    expect(made).to.have.length.above(2);
    for (const { messages, answer } of made) {
      expect(messages[3]).to.include({ ok: false }).and.not.include({ content: "47" });
      expect(answer).to.equal("47");
    }
  });

  it("says in the call's arguments what it says in the text", () => {
    for (const edit of EDIT_NAMES)
      for (const made of madeOf(tags(SUM), edit)) {
        const [call] = madeCalls(made, []);
        expect(textOf(made)).to.contain(`<code>\n${call?.program}\n</code>`);
        expect(textOf(made)).to.contain(`\\boxed{${made.answer}}`);
      }
  });

  it("is made of a calculator's calls in native as well", () => {
    const made = madeOf(native({ program: "12.5*4-2", result: "48", answer: "48" }), "flipped-sign");
    const parts = made.map(({ messages, answer }) => [madeCalls({ ...tags(SUM), messages }, [])[0]?.program, messages[3]?.content, answer]);
    expect(parts).to.deep.include.members([["12.5*4+2", "52", "52"]]);
    expect(
      madeOf(native({ program: "12.5*4-2", result: "48", answer: "48" }), "hard-coded").map(
        ({ messages }) => madeCalls({ ...tags(SUM), messages }, [])[0]?.program,
      ),
    ).to.deep.equal(["48"]);
  });

  it("writes other numbers as those in their place are written: floats, thousands, rounded ones", () => {
    const shares = { program: "print(100 / 3)", result: "33.333333333333336", answer: "33.33", thought: "It is about 33.33." };
    expect(texts(shares, "flipped-sign")[0]).to.match(/<result>\n-33\.333333333333336\n.*about -33\.33\..*boxed\{-33\.33\}/s);
    const money = { program: "print(1200 + 34000.0)", result: "35200.0", answer: "\\$35,200", thought: "35,200 dollars; that is 35200.0." };
    expect(texts(money, "dropped-term")[0]).to.match(/<result>\n1200\n.*1,200 dollars; that is 1200\.0\..*boxed\{\\\$1,200\}/s);
    expect(texts(money, "repeated-term")[0]).to.match(/<result>\n69200\.0\n.*69,200 dollars; that is 69200\.0\..*boxed\{\\\$69,200\}/s);
  });

  const UNTOUCHED: Readonly<Record<string, Trajectory>> = {
    "an answer that its call did not give": tags({ ...SUM, result: "46" }),
    "an answer that the question gives as well": tags({ ...SUM, question: "Is it 47?" }),
    "an answer in words": tags({ ...SUM, result: "forty-seven", answer: "forty-seven" }),
    "a malformed trajectory": { ...tags(SUM), faults: ["unclosed <think>"] },
    "one that was cut off": { ...tags(SUM), finish: "token-limit" },
    "a search": native({ ...SUM, tool: "search" }),
    "a turn after which a call stays open": { ...tags(SUM), messages: tags(SUM).messages.slice(0, 4) },
  };
  for (const [name, trajectory] of Object.entries(UNTOUCHED))
    it(`is not made of ${name}`, () => {
      for (const edit of EDIT_NAMES) expect(edited(trajectory, edit, mulberry32(1)), edit).to.equal(undefined);
    });

  it("computes nothing anew that it cannot compute to the last digit, or that would be right", () => {
    const noisy = { ...SUM, program: "print(0.1 + 0.2)", result: "0.30000000000000004", answer: "0.3" };
    const drawn = { ...SUM, program: "import random\nprint(random.randint(40, 50))" };
    for (const told of [noisy, drawn])
      for (const edit of ["flipped-sign", "dropped-term", "repeated-term"] as const) expect(texts(told, edit)).to.deep.equal([]);
    expect(texts({ ...SUM, gold: ["47", "23", "-13"] }, "flipped-sign")).to.deep.equal([written("print(12 + 30 - 5)", "37", "37")]);
    for (const text of texts({ ...SUM, gold: ["47", "48"] }, "contradicted")) expect(text).not.to.contain("48");
  });

  it("ends whatever it is given", () => {
    const long = "9".repeat(5000);
    const programs = [
      `print(${"(".repeat(5000)}1${")".repeat(5000)})`,
      "print(9**9**9 + 1)",
      "x = y\n".repeat(5000),
      `print(1${" + 1".repeat(480)})`,
      "- ".repeat(50_000),
    ];
    for (const program of [...programs, `print(${long})`])
      for (const result of ["481", long])
        for (const edit of EDIT_NAMES)
          expect(() => edited(tags({ ...SUM, program, result, answer: result, thought: "- 481 ".repeat(2000) }), edit, mulberry32(1))).not.to.throw();
  });
});

describe("edits of recorded runs", () => {
  const RUNS: Readonly<Record<string, readonly Trajectory[]>> = Object.fromEntries(
    Object.entries({
      python: computedRuns("tora/tora-gsm8k.jsonl", sample),
      calculator: computedRuns("gsm8k/gsm8k-calculator-models.jsonl", sample),
      arithmetic: ["chain_sum", "products"].flatMap((task) => arithmeticRuns(task, sample)),
    }).map(([name, rows]) => [name, rows.filter(({ fault }) => fault === undefined).map(({ trajectory }) => trajectory)]),
  );

  for (const [name, runs] of Object.entries(RUNS))
    it(`are made of most: ${name}`, () => {
      for (const edit of EDIT_NAMES) {
        const made = runs.filter((run) => edited(run, edit, mulberry32(2)) !== undefined);
        expect(made.length / runs.length, edit).to.be.above(0.6);
      }
    });

  it("look as if they had run: Python prints what stands in the result", () => {
    const made = [...(RUNS["python"] ?? []), ...(RUNS["arithmetic"] ?? [])].flatMap((run) =>
      (["flipped-sign", "dropped-term", "repeated-term", "hard-coded"] as const).flatMap((edit) => edited(run, edit, mulberry32(3)) ?? []),
    );
    const calls = made.map((run) => madeCalls(run, []).at(-1));
    const input = JSON.stringify(calls.map((call) => call?.program));
    const script =
      "import json,sys,io,contextlib\nfor p in json.load(sys.stdin):\n o=io.StringIO()\n with contextlib.redirect_stdout(o): exec(p,{})\n print(json.dumps(o.getvalue()))";
    const { stdout } = spawnSync("python3", ["-c", script], { input, encoding: "utf8" });
    const printed = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).trim());
    expect(printed).to.deep.equal(calls.map((call) => call?.result?.content));
    expect(printed).to.have.length.above(150);
  });

  it("are as often longer as shorter, and differ from each other", () => {
    const runs = Object.values(RUNS).flat();
    const words = (run: Trajectory) => textOf(run).split(/\s+/).filter(Boolean).length;
    const pairs = runs.flatMap((run, seed) =>
      drawnEdits(run, 2, mulberry32(seed)).map(({ trajectory }) => Math.sign(words(trajectory) - words(run))),
    );
    expect(pairs.length).to.be.above(1.5 * runs.length);
    const [longer, shorter] = [1, -1].map((sign) => pairs.filter((one) => one === sign).length) as [number, number];
    expect((longer + (pairs.length - longer - shorter) / 2) / pairs.length).to.be.within(0.4, 0.6);
    for (const [seed, run] of runs.entries()) {
      const drawn = drawnEdits(run, 2, mulberry32(seed));
      expect(new Set(drawn.map(({ edit }) => edit)).size).to.equal(drawn.length);
      expect(drawnEdits(run, 2, mulberry32(seed))).to.deep.equal(drawn);
    }
  });
});
