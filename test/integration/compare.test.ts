import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { writeDemo } from "./demo.ts";
import { inThisProcess } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

describe("autotraj compare", function () {
  this.timeout(120_000);
  let folder: string;
  before(async () => {
    folder = newFolder();
    writeDemo(folder);
    mkdirSync(join(folder, "mine"));
    writeFileSync(join(folder, "mine/config.json"), "{}");
    for (const args of [
      ["run", "demo.json", "--out", "first"],
      ["run", "demo.json", "--out", "second:b", "--limit", "5", "--set", "rollout.candidates=3"],
      ["eval", "mine", "--preset", "demo.json", "--queries", "questions.jsonl", "--limit", "5", "--out", "evaluated"],
    ]) {
      const { code, stderr } = await inThisProcess(args, folder);
      expect(code, stderr).to.equal(0);
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const compared = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await inThisProcess(["compare", ...args], folder);
    expect(code, stderr).to.equal(0);
    return stdout;
  };

  it("says what two runs were set otherwise, what became of their candidates, and on which questions one does better", async () => {
    const found = JSON.parse(await compared("first", "second:b", "--json"));
    expect(found.settings).to.deep.equal([
      { what: "rollout.candidates", a: "2", b: "3" },
      { what: "queries.limit", a: null, b: "5" },
    ]);
    expect(found.plugins).to.deep.equal([]);
    const funnel = Object.fromEntries(found.funnel.map((row: { what: string; a: number; b: number }) => [row.what.trim(), [row.a, row.b]]));
    expect([funnel["questions"], funnel["candidates"]]).to.deep.equal([[8, 5], [16, 15]]); // biome-ignore format: one thing
    const stats = JSON.parse((await inThisProcess(["stats", "first", "--json"], folder)).stdout);
    expect(found.dimensions.find(({ dimension }: { dimension: string }) => dimension === "correctness").a).to.equal(
      stats.dimensions.correctness.candidates,
    );
    expect(found.right).to.deep.include({ common: 5, onlyA: 3, onlyB: 0 });
    expect(found.right.better.length + found.right.worse.length).to.be.greaterThan(0);
    expect(found.models).to.deep.equal([]);
  });

  it("is read in 80 columns", async () => {
    const text = await compared("first", "second:b");
    expect(text)
      .to.match(/^A: first \(preset demo\)\nB: second:b \(preset demo\)$/m)
      .and.to.match(/^rollout\.candidates +2 +3$/m)
      .and.to.match(/^candidates +16 +15 +−1$/m)
      .and.to.match(/^right candidates of a question: A 0\.\d{3}, B 0\.\d{3}, B − A [−+]0\.\d{3} \(95 % interval/m)
      .and.to.contain("3 only in A");
    for (const line of text.split("\n")) expect(line.length, line).to.be.at.most(80);
  });

  it("finds nothing between a run and itself", async () => {
    const found = JSON.parse(await compared("first", "first", "--json"));
    expect(found.settings).to.deep.equal([]);
    expect(found.right).to.deep.include({ better: [], worse: [], onlyA: 0, onlyB: 0, p: 1 });
    expect(await compared("first", "first")).to.contain("Both are set alike.");
  });

  it("compares two models that were evaluated, as the run's own evaluation does", async () => {
    const { evaluation } = JSON.parse((await inThisProcess(["stats", "evaluated", "--json"], folder)).stdout);
    const [own] = evaluation.comparisons;
    const { questions } = JSON.parse(await compared("evaluated:base", "evaluated:mine", "--json"));
    expect(questions.difference.value).to.equal(own.difference.value);
    expect([questions.better.length, questions.worse.length, questions.common]).to.deep.equal([own.better, own.worse, 5]);
    expect((await compared("evaluated:base", "evaluated:mine")).replaceAll(/\s+/g, " ")).to.match(
      /^models base \(A\) and mine \(B\), held-out questions right: A 0\.\d{3}, B 1\.000, B − A \+0\.\d{3} \(95 % interval/,
    );
    const runs = JSON.parse(await compared("evaluated", "evaluated", "--json"));
    expect(runs.models.map(({ a }: { a: { model: string } }) => a.model)).to.deep.equal(["base", "mine"]);
  });

  it("says what it needs", async () => {
    for (const [args, message] of [
      [["first", "evaluated:mine"], "one is a run and the other a model."],
      [["evaluated:base", "evaluated:rl"], 'evaluated has evaluated no model "rl".\n  It has base, mine.'],
      [["first:sft", "evaluated:base"], 'first has evaluated no model "sft".\n  It has evaluated none'],
      [["first", "nowhere"], "[ATRAJ_RUN_NOT_FOUND] nowhere"],
    ] as const) {
      const { code, stderr } = await inThisProcess(["compare", ...args], folder);
      expect(code, args.join(" ")).to.equal(2);
      expect(stderr).to.contain(message);
    }
  });
});
