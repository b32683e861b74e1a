/** Which calls are never gone on from: those that a bad answer rests on. */
import type { Message, Query, ScoredTrajectory, Scores, Span, Trajectory, Verdict } from "@autotraj/core/plugin";
import { expect } from "chai";
import { trajectoryWith } from "../../../../test/trajectories.ts";
import { groundedScores } from "../../../scorers/grounded/src/grounded.ts";
import { goodPrefixes } from "../src/cut.ts";

/** `call => result`; a search begins with `search: `. */
type Step = string;

interface Told {
  readonly question?: string;
  readonly gold?: string;
  readonly steps: readonly Step[];
  readonly answer?: string;
  readonly cause?: string;
  readonly scores?: Scores;
  readonly finish?: Trajectory["finish"];
}

function told({ question = "?", gold = "4711", steps, answer, cause, scores = {}, finish = "answer" }: Told): ScoredTrajectory {
  const query: Query = { id: "q", question, answers: [gold] };
  const messages: Message[] = [{ role: "user", content: question }];
  for (const [index, step] of steps.entries()) {
    const [, searched, code = "", content = ""] = /^(search: )?(.*?) => (.*)$/s.exec(step) ?? [];
    const name = searched === undefined ? "python" : "search";
    const id = `call-${index}`;
    messages.push({ role: "assistant", content: "", toolCalls: [{ id, name, arguments: { code } }], text: `<code>${code}</code>` });
    messages.push({ role: "tool", toolCallId: id, name, content, ok: true });
  }
  if (answer !== undefined) messages.push({ role: "assistant", content: answer, text: `<answer>${answer}</answer>` });
  const trajectory = trajectoryWith({ query, messages, finish, ...(answer === undefined ? {} : { answer }) });
  const verdict: Verdict | undefined = cause === undefined ? undefined : { decision: "repair", reason: "", cause };
  return { trajectory, scores, ...(verdict === undefined ? {} : { verdict }) };
}

/** How many calls each prefix holds, longest first. */
const callsKept = (original: ScoredTrajectory) => goodPrefixes(original, 20).map((length) => length / 2);
const isCutTo = (case_: Told, kept: readonly number[]) => expect(callsKept(told(case_))).to.deep.equal(kept);

/** As `scorer-grounded` sees it. */
function grounded(case_: Told): ScoredTrajectory {
  const original = told(case_);
  return { ...original, scores: { ...groundedScores(original.trajectory, { searches: [], operands: 0.5 }), ...original.scores } };
}
const marks = (...messages: readonly number[]): Scores => ({
  grounded: { value: 0, reason: "?", spans: messages.map((message): Span => ({ message, start: 0, end: 1 })) },
});
const RIGHT: Scores = { correctness: { value: 1 } };

describe("the two rows that did harm in a study", () => {
  const minus: Told = { question: "Calculate -( -17 + -391 ).", gold: "408", steps: ["print(-17 + -391) => -408"], answer: "-408", cause: "wrong" };
  const lucky: Told = {
    question: "Calculate ( 10 + 45 - -57 + -5 * -2 ) / 61.",
    gold: "2",
    steps: ["print(10 + 45 - 57 + 2 * 2) => 2"],
    answer: "2",
    scores: RIGHT,
  };

  it("are not gone on from where the wrong answer is the call's result, whether or not a scorer says so", () => {
    expect(callsKept(told(minus))).to.deep.equal([]);
    expect(callsKept(grounded(minus))).to.deep.equal([]);
  });

  it("are not gone on from where the answer is right by luck and scorer-grounded sees it, whatever the gate made of it", () => {
    for (const cause of ["format", "poor", "ungrounded"]) expect(callsKept(grounded({ ...lucky, cause })), cause).to.deep.equal([]);
  });

  it("… which nobody sees without it, where the gate blames the form alone", () => {
    expect(callsKept(told({ ...lucky, cause: "format" }))).to.deep.equal([1]);
    expect(callsKept(told({ ...lucky, cause: "ungrounded" }))).to.deep.equal([]);
  });
});

describe("a wrong answer", () => {
  const wrong = (case_: Told, kept: readonly number[]) => isCutTo({ cause: "wrong", ...case_ }, kept);

  it("takes along the call whose result it is, and all that came after", () => {
    wrong({ steps: ["a => 5", "b => 31"], answer: "31" }, [1]);
    wrong({ steps: ["a => 31", "b => 5"], answer: "31" }, []);
  });

  it("is its result in any spelling: units, decimals, rounding, a box", () => {
    for (const answer of ["31 apples", "31.0", "\\boxed{31}", "\\$31", "31.00"]) wrong({ steps: ["a => 5", "b => 31"], answer }, [1]);
    wrong({ steps: ["a => 5", "b => 3.75"], answer: "4" }, [1]);
    wrong({ steps: ["a => 5", "b => x = 31, y = 7"], answer: "31" }, [1]);
    wrong({ steps: ["a => 5", "b => It is Ulm."], answer: "Ulm" }, [1]);
    wrong({ steps: ["a => 5", "b => True"], answer: "yes" }, [1]);
  });

  it("takes along an earlier call that gave it already: the last one only passed it on", () => {
    wrong({ steps: ["-17 + -391 => -408", "print(-408) => -408"], answer: "-408" }, []);
  });

  it("takes along the calls whose results that call took, link by link", () => {
    wrong({ steps: ["a => 5", "4 * 4 => 16", "15 + 16 => 31"], answer: "31" }, [1]);
    wrong({ steps: ["8 / 2 => 64", "64 + 1 => 65", "65 * 2 => 130", "130 - 1 => 129"], answer: "129" }, []);
    wrong({ steps: ["a => 5", "10 / 3 => 3.3333333333333335", "3.33 * 2 => 6.66"], answer: "6.66" }, [1]);
  });

  it("takes along the call that named a value which that call uses", () => {
    wrong({ steps: ["print(1) => 1", "apples = 4 * 4 => Out: ok", "print(15 + apples) => 31"], answer: "31" }, [1]);
    wrong({ steps: ["x = 2\nprint(x) => 2", "x = 15 + 16\nprint(x) => 31"], answer: "31" }, [1]);
  });

  it("does not take along a call whose result is also a number of the question", () => {
    wrong({ question: "There are 16 and 15.", steps: ["4 * 4 => 16", "15 + 16 => 31"], answer: "31" }, [1]);
  });

  it("that contradicts its tools leaves their results: the fault is behind them", () => {
    wrong({ steps: ["a => 5", "b => 31"], answer: "13" }, [2, 1]);
    wrong({ steps: ["a => 5", "b => 31"], answer: "-31" }, [2, 1]);
    wrong({ steps: ["a => 5", "b => Ulm"], answer: "Bonn" }, [2, 1]);
    wrong({ steps: ["a => 5", "b => True"], answer: "no" }, [2, 1]);
  });

  it("… but for what a scorer marked, and what that took", () => {
    wrong({ steps: ["a => 5", "b => 31"], answer: "13", scores: marks(3) }, [1]);
    wrong({ steps: ["a => 5", "8 * 2 => 31", "31 * 2 => 62", "9 => 9"], answer: "13", scores: marks(5) }, [1]);
  });

  it("that was never given rests on nothing", () => {
    for (const cause of ["wrong", "ungrounded"]) isCutTo({ steps: ["a => 5", "b => 31"], cause, finish: "tool-limit" }, [2, 1]);
  });

  it("read off a passage takes along that search alone: what the others found is true all the same", () => {
    const steps: readonly Step[] = [
      "search: Ada Lane birthplace => Ada Lane was born in Ulm in 1821.",
      "search: Ulm => Ulm is a city of 1821 on the Danube.",
    ];
    wrong({ steps, answer: "Ulm" }, [1]);
    wrong({ steps, answer: "Danube" }, [1]);
    wrong({ steps: [...steps, "search: Danube => There is no longer river in Ulm."], answer: "no" }, [3, 2, 1]);
    wrong({ steps: ["1821 + 41 => 1862", "search: who died in 1862 => Ada Lane died in 1862."], answer: "Ada Lane" }, [1]);
  });
});

describe("an ungrounded answer", () => {
  const steps: readonly Step[] = ["a => 5", "b => 31"];

  it("takes along the call whose result it is, where no scorer says where the fault is", () => {
    isCutTo({ steps, answer: "31", cause: "ungrounded", scores: RIGHT }, [1]);
  });

  it("takes along the marked call and what that took, where one does", () => {
    isCutTo({ steps: ["a => 5", "8 * 2 => 31", "31 * 1 => 31"], answer: "31", cause: "ungrounded", scores: { ...RIGHT, ...marks(5) } }, [1]);
  });

  it("leaves a result whose ending alone is marked: noise of the tool, copied", () => {
    const noisy: Told = { question: "What is 0.1 + 0.2?", steps: ["print(0.1 + 0.2) => 0.30000000000000004"], answer: "0.30000000000000004" };
    expect(callsKept(grounded({ ...noisy, gold: "0.3", cause: "ungrounded", scores: RIGHT }))).to.deep.equal([1]);
  });

  it("that is right and no result takes along the last computation, which did not lead to it", () => {
    isCutTo({ steps, answer: "27", cause: "ungrounded", scores: RIGHT }, [1]);
    expect(
      callsKept(grounded({ question: "Of 15, 4 and 3?", steps: ["15 + 4 + 3 - 2 => 20"], answer: "27", cause: "ungrounded", scores: RIGHT })),
    ).to.deep.equal([]);
  });

  it("that is wrong and no result contradicts its tools", () => {
    isCutTo({ steps, answer: "13", cause: "ungrounded", scores: { correctness: { value: 0 } } }, [2, 1]);
  });
});

describe("a right answer that is only poor or malformed", () => {
  it("is gone on from to the last result", () => {
    for (const cause of ["poor", "format", undefined])
      isCutTo({ steps: ["4 * 4 => 16", "15 + 16 => 31"], answer: "31", scores: RIGHT, ...(cause === undefined ? {} : { cause }) }, [2, 1]);
  });

  it("is not gone on from a call that hands itself the gold answer", () => {
    isCutTo({ gold: "31", steps: ["4 * 4 => 16", "print(31) => 31"], answer: "31", cause: "format", scores: RIGHT }, [1]);
  });
});

describe("what an answer rests on", () => {
  it("is found in time that grows with the text, whatever that holds", () => {
    const many = Array.from({ length: 1000 }, (): Step => "31 + 31 => 31 62 93");
    expect(callsKept(told({ steps: many, answer: "31", cause: "wrong" }))).to.deep.equal([]);
    const chain = Array.from({ length: 1000 }, (_, n): Step => `${n + 5000} + 1 => ${n + 5001}`);
    expect(callsKept(told({ steps: chain, answer: "6000", cause: "wrong" }))).to.deep.equal([]);
    const text = "x=".repeat(50_000) + "1.5 ".repeat(10_000);
    expect(callsKept(told({ steps: [`${text} => ${text}`], answer: "1.5", cause: "wrong" }))).to.deep.equal([]);
  });
});
