import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Scores } from "@autotraj/core/plugin";
import { expect } from "chai";
import { failureOf } from "../../../../test/failure.ts";
import { accuracy, confusionOf, kappa, worthOf } from "../src/figures.ts";
import { type Bench, type Court, candidates, court, GOOD, GRADE, prompt, type Script, trajectory } from "./court.ts";

describe("the figures of a judge", () => {
  it("are those of the textbook", () => {
    const cohen = [
      [20, 5],
      [10, 15],
    ];
    expect(accuracy(cohen)).to.equal(0.7);
    expect(kappa(cohen, "equal")).to.be.closeTo(0.4, 1e-12);
    const ordinal = [
      [10, 4, 1],
      [3, 8, 4],
      [0, 2, 18],
    ];
    expect(kappa(ordinal, "equal")).to.be.closeTo(0.571865, 1e-6);
    expect(kappa(ordinal, "quadratic")).to.be.closeTo(0.753623, 1e-6);
  });

  it("are 1 for perfect agreement, below 0 for the opposite, undefined where only one verdict occurs", () => {
    const all = (pairs: readonly (readonly [number, number])[]) => kappa(confusionOf(pairs, 2), "equal");
    const same = all([
      [0, 0],
      [1, 1],
    ]);
    const opposite = all([
      [0, 1],
      [1, 0],
    ]);
    expect([same, opposite]).to.deep.equal([1, -1]);
    expect(all([[1, 1]])).to.be.NaN;
  });

  it("give every verdict a worth that never falls, even where the known verdicts do", () => {
    const pairs = (judged: number, known: readonly number[]) => known.map((verdict) => [verdict, judged] as const);
    const worth = worthOf(confusionOf([...pairs(0, [0, 0, 0]), ...pairs(1, [2, 2, 2]), ...pairs(2, [0, 0, 0])], 3));
    // Grade 1: (0 + 0) / 4. Grades 2 and 3 are pooled: (0.5 + 3 + 1 + 0) / 8.
    expect(worth).to.deep.equal([0, 0.5625, 0.5625]);
  });

  it("leave a verdict that did not occur where it stands on the scale, and make no certainty of a few rows", () => {
    expect(worthOf(confusionOf([], 5))).to.deep.equal([0, 0.25, 0.5, 0.75, 1]);
    const [no, yes] = worthOf(
      confusionOf(
        [
          [1, 1],
          [1, 1],
          [0, 1],
          [1, 0],
        ],
        2,
      ),
    ) as [number, number];
    expect(no).to.equal(0.5);
    expect(yes).to.equal(0.75);
  });
});

describe("known verdicts", () => {
  let baseDir: string;
  beforeEach(() => {
    baseDir = mkdtempSync(join(tmpdir(), "autotraj-judge-"));
  });
  afterEach(() => rmSync(baseDir, { recursive: true }));

  const write = (...rows: readonly unknown[]) =>
    writeFileSync(join(baseDir, "known.jsonl"), `${rows.map((row) => JSON.stringify(row)).join("\n")}\n`);
  const judge = (script: Script, options: Bench["options"]): Promise<Court> =>
    court(script, { baseDir, options: { calibration: "known.jsonl", ...options } });
  /** Says yes to what contains "yes please". */
  const credulous: Script = (call) => `verdict: ${prompt(call).includes("yes please") ? "yes" : "no"}`;
  const rows = [
    { question: "?", text: "yes please 1", verdict: "yes" },
    { question: "?", text: "yes please 2", verdict: true },
    { question: "?", text: "yes please 3", verdict: "no" },
    { question: "?", text: "4", verdict: false },
    { trajectory: trajectory("5"), verdicts: { good: "yes" } },
  ];

  it("measure the judge before its first score, not at start, and once", async () => {
    write(...rows);
    const { calls, log, score } = await judge(credulous, { dimensions: GOOD });
    expect(calls).to.have.length(0);
    const [first] = (await score(candidates(trajectory("yes please")))) as [Scores];
    expect(calls).to.have.length(6);
    await score(candidates(trajectory("no")));
    expect(calls).to.have.length(7);
    expect(log).to.deep.equal([
      "good on 5 known verdicts: accuracy 0.60, kappa 0.17. known as judged: no as no ×1, yes ×1; yes as no ×1, yes ×2. worth: no → 0.33, yes → 0.75",
    ]);
    expect(first["good"]).to.deep.equal({ value: 1, reason: "yes" });
  });

  it("make a score what its verdict is worth, where asked to", async () => {
    write(...rows);
    const { score } = await judge(credulous, { dimensions: GOOD, calibrate: true });
    const scores = await score(candidates(trajectory("yes please"), trajectory("no")));
    expect(scores).to.deep.equal([
      { good: { value: 0.75, reason: "yes; 1.00 before calibration" } },
      { good: { value: 1 / 3, reason: "no; 0.00 before calibration" } },
    ]);
  });

  it("give batches that come at once the same scores, by the same calls, and one report", async () => {
    write(...rows);
    const { calls, log, score } = await judge(credulous, { dimensions: GOOD, calibrate: true });
    const both = await Promise.all([score(candidates(trajectory("yes please"))), score(candidates(trajectory("yes please")))]);
    expect(both[0]).to.deep.equal(both[1]);
    expect(new Set(calls.map(({ key }) => key)).size).to.equal(6);
    expect(log).to.have.length(1);
  });

  it("leave out and count rows on which the judge is not clear", async () => {
    write({ question: "?", text: "a", verdict: 5 }, { question: "?", text: "b", verdict: 2 });
    const { log, score } = await judge((_call, number) => (number === 0 ? "Hm." : "verdict: 3"), { dimensions: GRADE });
    await score(candidates(trajectory("x")));
    expect(log[0]).to.match(
      /^grade on 2 known verdicts: accuracy 0\.00, kappa 0\.00, quadratically weighted 0\.00\. 1 without a clear verdict, left out\. /,
    );
    expect(log[0]).to.contain("known as judged: 2 as 3 ×1. worth: 1 → 0.00, 2 → 0.25, 3 → 0.38, 4 → 0.75, 5 → 1.00");
  });

  it("fail the batch where the judge cannot be asked, and are measured by the next one", async () => {
    write(...rows);
    const { calls, score } = await judge((call, number) => (number === 2 ? new Error("HTTP 503") : credulous(call, number)), { dimensions: GOOD });
    const error = (await score(candidates(trajectory("x"))).catch((thrown: unknown) => thrown)) as Error;
    expect(error.message).to.equal("HTTP 503");
    expect(calls).to.have.length(5);
    expect(await score(candidates(trajectory("x")))).to.deep.equal([{ good: { value: 0, reason: "no" } }]);
  });

  it("are refused with every bad row at once, before anything is asked", async () => {
    writeFileSync(
      join(baseDir, "known.jsonl"),
      [
        '{"question":"?","text":"a","verdict":"maybe"}',
        "not json",
        '{"text":"a","verdict":"no"}',
        '{"question":"?","text":"a"}',
        '{"trajectory":{},"verdict":"no"}',
        "null",
      ].join("\n"),
    );
    const error = await failureOf(judge(credulous, { dimensions: GOOD }));
    expect(error.code).to.equal("CALIBRATION_INVALID");
    const lines = error.message.split("\n").map((line) => line.slice(line.indexOf("known.jsonl")));
    expect(lines).to.have.length(6);
    expect(lines[0]).to.equal('known.jsonl:1 has the verdict "maybe" for "good", not one of no, yes.');
    expect(lines[1]).to.match(/^known\.jsonl:2 .*JSON/);
    expect(lines.slice(2)).to.deep.equal([
      "known.jsonl:3 has neither a trajectory nor a question and a text.",
      "known.jsonl:4 has no verdict for any of the judge's dimensions.",
      "known.jsonl:5 has a trajectory without query, tools or messages.",
      "known.jsonl:6 is not an object.",
    ]);
  });

  it("must be there, and for every dimension", async () => {
    const missing = await failureOf(judge(credulous, { dimensions: GOOD }));
    expect(missing).to.include({ code: "CALIBRATION_UNREADABLE" });
    write({ question: "?", text: "a", verdicts: { good: "yes" } });
    const half = await failureOf(judge(credulous, { dimensions: { ...GOOD, ...GRADE } }));
    expect(half.message).to.match(/has no row with a verdict for "grade"\.$/);
  });
});
