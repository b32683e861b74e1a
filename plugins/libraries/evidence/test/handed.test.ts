import type { JsonObject, Message } from "@autotraj/core/plugin";
import { answerIn } from "@autotraj/evidence/answer";
import { madeCalls } from "@autotraj/evidence/calls";
import { handedBy, hasOperation } from "@autotraj/evidence/handed";
import { expect } from "chai";
import { trajectoryWith } from "../../../../test/trajectories.ts";

type Step = readonly [tool: string, given: string | JsonObject, result?: string | { readonly error: string }];

/** Which call hands itself the answer, from 0; undefined where none does. */
function handed(answer: string, steps: readonly Step[], question = "How many?", among: "all" | "computations" = "all"): number | undefined {
  const messages: Message[] = [];
  for (const [index, [name, given, result = ""]] of steps.entries()) {
    const id = `call-${index}`;
    messages.push({ role: "assistant", content: "", toolCalls: [{ id, name, arguments: typeof given === "string" ? { input: given } : given }] });
    const [content, ok] = typeof result === "string" ? [result, true] : [result.error, false];
    messages.push({ role: "tool", toolCallId: id, name, content, ok });
  }
  const calls = madeCalls(trajectoryWith({ messages }), []);
  const call = handedBy(answerIn(answer), calls, { question, among });
  return call === undefined ? undefined : calls.indexOf(call);
}

describe("a call hands itself the answer", () => {
  for (const [gold, ...step] of [
    ["27", "python", "print(27)"],
    ["27", "python", "x = 27\nprint(x)"],
    ["27", "python", 'print(int("27"))'],
    ["27", "python", "print(27 * 1)"],
    ["27", "calculator", "27"],
    ["27", "calculator", "27 + 0"],
    ["27", "calculator", { operation: "add", a: 27, b: 0 }],
    ["27", "python", "print(-27)"],
    ["27.0", "python", "print(27)"],
    ["\\boxed{27}", "python", "print(27)"],
    ["1,250", "python", "print(1250)"],
    ["1,250", "calculator", "1,250"],
    ["0.5", "python", "print(.5)"],
    ["\\frac{1}{2}", "python", "print(0.5)"],
    ["2", "python", "print(2)"],
    ["Paris", "python", 'print("Paris")'],
    ["Danube", "search", "Danube Ada Lane"],
    ["the Danube", "search", "DANUBE, birthplace"],
    ["1862", "search", "Ada Lane death 1862"],
    ["New York", "lookup", { query: "new york city" }],
  ] as const)
    it(`where the answer is ${gold} and the call ${JSON.stringify(step[1])}`, () => expect(handed(gold, [step])).to.equal(0));

  it("also where it failed, or comes after calls that gave something else", () => {
    expect(handed("27", [["python", "print(27", { error: "SyntaxError" }]])).to.equal(0);
    expect(
      handed("27", [
        ["python", "print(5 * 3)", "15"],
        ["python", "print(27)", "27"],
      ]),
    ).to.equal(1);
    expect(
      handed("27", [
        ["python", "print(5 * 3)", { error: "it is 27" }],
        ["python", "print(27)", "27"],
      ]),
    ).to.equal(1);
  });
});

describe("a call does not hand itself the answer", () => {
  const isNot = (gold: string, steps: readonly Step[], question?: string) => expect(handed(gold, steps, question)).to.equal(undefined);

  it("that it computes", () => {
    isNot("27", [["python", "print(15 + 4 * 3)"]]);
    isNot("27", [["python", "print(15 + 4 * 3) # 27"]]);
    isNot("27", [["calculator", { operation: "add", a: 15, b: 12 }]]);
  });

  it("that the question gives, in digits or in words", () => {
    isNot("27", [["python", "print(27)"]], "Are there 27 or 28?");
    isNot("12", [["python", "print(12)"]], "Are there twelve?");
    isNot("Danube", [["search", "Danube"]], "Rhine or Danube?");
    isNot("1250", [["python", "print(1250)"]], "Are there 1,250?");
  });

  it("that an earlier result gave", () => {
    isNot("27", [
      ["python", "print(15 + 12)", "27"],
      ["python", "print(27)", "27"],
    ]);
    isNot("Danube", [
      ["search", "Ulm", "It lies on the Danube."],
      ["search", "Danube", "A river."],
    ]);
  });

  it("that is a constant of every day in what computes", () => {
    isNot("2", [["python", "print(10 / 5 * 2 / 2)"]]);
    isNot("60", [["calculator", "3 * 20 * 60 / 60"]]);
    isNot("2", [["search", "Ada Lane 2 children"]]);
  });

  it("that is a yes, a no or one letter in a query", () => {
    isNot("yes", [["search", "is yes a band"]]);
    isNot("B", [["search", "vitamin B"]]);
  });

  it("in a query, where only computations are asked about", () => {
    expect(handed("Danube", [["search", "Danube"]], "Which river?", "computations")).to.equal(undefined);
    expect(handed("27", [["python", "print(27)"]], "How many?", "computations")).to.equal(0);
  });
});

describe("a program computes", () => {
  for (const program of ["1 + 2", "3*4", "print(sum([1, 2]))", "for i in x: pass", "a if b else c", "2 == 3", "math.sqrt(4)"])
    it(program, () => expect(hasOperation(program)).to.equal(true));
  for (const program of ["27", "print(27)", "x = 27\nprint(x)", 'print(int("27"))', "print(27) # 20 + 7", "print(-27)"])
    it(`… but not ${JSON.stringify(program)}`, () => expect(hasOperation(program)).to.equal(false));
});
