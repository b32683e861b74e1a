import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { folder, likelihoods, python, reported, sftRow, steps, tinyModel, train } from "./jobs.ts";

const ROWS = Array.from({ length: 12 }, (_, at) => sftRow(at));
const OPTIONS = { steps: 6, batchSize: 2, accumulation: 2, saveSteps: 2, learningRate: 1e-3 };

function weights(dir: string): string {
  return createHash("sha256")
    .update(readFileSync(join(dir, "model", "model.safetensors")))
    .digest("hex");
}

describe("stage sft on the CPU", function () {
  this.timeout(600_000);
  let model: string;
  const dirs: string[] = [];
  const dirOf = () => {
    dirs.push(folder());
    return dirs.at(-1)!;
  };
  before(async () => {
    model = await tinyModel();
  });
  after(() => {
    for (const dir of dirs) rmSync(dir, { recursive: true });
  });

  it("goes on after SIGKILL from the last whole checkpoint and ends with equal weights", async () => {
    const through = dirOf();
    const result = await train({ stage: "sft", model, options: OPTIONS, train: ROWS, heldOut: [sftRow(50)], dir: through, process: "new" });
    expect(result).to.include({ kind: "causal", modelPath: join(through, "model") });
    expect(result.metrics["steps"]).to.equal(6);
    expect(result.metrics).to.include.keys("loss", "heldOutLoss", "heldOutRows", "rows");
    expect(reported(through)[0], "as soon as it has begun").to.deep.equal({ step: 0, total: 6, metrics: {} });
    expect(steps(through).map(({ step, total }) => `${step}/${total}`)).to.deep.equal(["1/6", "2/6", "3/6", "4/6", "5/6", "6/6"]);
    expect(steps(through)[5]!.metrics["loss"]).to.be.lessThan(steps(through)[0]!.metrics["loss"]!);
    expect(steps(through)[5]!.metrics["tokensPerSecond"]).to.be.greaterThan(0);
    await movedRightly(through, result.metrics);

    const killed = dirOf();
    const job = { stage: "sft", model, options: OPTIONS, train: ROWS, dir: killed } as const;
    const end = await train({ ...job, onStep: (step, kill) => step === 5 && kill("SIGKILL") }).catch((error: Error) => error);
    expect(String(end)).to.contain("SIGKILL");
    expect(existsSync(join(killed, "model"))).to.equal(false);
    // As a kill in the middle of saving would leave it.
    truncateSync(join(killed, "checkpoints", "checkpoint-4", "model.safetensors"), 1000);
    const resumed = await train(job);
    expect(readFileSync(join(killed, "process.log"), "utf8"))
      .to.contain("checkpoint-2")
      .and.not.contain("going on from checkpoint-4");
    expect(steps(killed).at(-1)!.step).to.equal(6);
    expect(weights(killed)).to.equal(weights(through));
    // Three steps of four rows are every row once; what was done again after the kill counts once.
    const counted = steps(through).map(({ metrics }) => metrics["lossTokens"] ?? 0);
    const [once, again] = [counted.slice(0, 3), counted.slice(3)].map((part) => part.reduce((sum, tokens) => sum + tokens, 0));
    expect(once).to.be.greaterThan(ROWS.length).and.to.equal(again);
    expect([result.metrics["lossTokens"], resumed.metrics["lossTokens"]]).to.deep.equal([2 * (once ?? 0), 2 * (once ?? 0)]);
  });

  /** What it was shown is likelier than before, in all rows, and results, which carry no loss, are not. */
  async function movedRightly(dir: string, metrics: Readonly<Record<string, number>>) {
    const [before, after] = await likelihoods(ROWS, model, join(dir, "model"));
    for (const [at, { token, masked }] of after!.entries()) {
      const [gained, gainedMasked] = [token - before![at]!.token, masked! - before![at]!.masked!];
      expect(gained).to.be.greaterThan(0.3);
      // All becomes a little likelier that is not noise. What is learnt gains several times as much.
      expect(gainedMasked).to.be.lessThan(gained / 2);
    }
    expect(metrics["weightsChangedF16"]).to.be.greaterThan(0.9);
    expect(metrics["kl"]).to.be.within(1e-4, 3);
    // Of the held-out row: one call, one answer.
    expect(metrics["klTokens"]).to.be.greaterThan(10);
  }

  it("has the same losses with TRL's own trainer, which trains on GPUs", async () => {
    const [plain, trl] = [dirOf(), dirOf()];
    const options = { steps: 3, batchSize: 4, learningRate: 1e-3, dtype: "fp32" };
    const ours = await train({ stage: "sft", model, options, train: ROWS, dir: plain });
    const theirs = await train({ stage: "sft", model, options, train: ROWS, dir: trl, config: { trainer: "trl" } });
    expect(theirs.metrics["lossTokens"]).to.equal(ours.metrics["lossTokens"]);
    const losses = (dir: string) => steps(dir).map(({ metrics }) => metrics["loss"]!);
    expect(losses(trl)).to.have.length(3);
    for (const [at, loss] of losses(trl).entries()) expect(loss).to.be.closeTo(losses(plain)[at]!, 1e-4);
  });

  it("merges adapters, and leaves out rows that are too long rather than cut them", async () => {
    const dir = dirOf();
    const long = sftRow(99);
    (long["messages"] as { content: string }[])[1]!.content = "long ".repeat(200);
    const options = { epochs: 1, batchSize: 4, lora: { rank: 4 }, maxLength: 128 };
    const result = await train({ stage: "sft", model, options, train: [...ROWS, long], dir });
    expect(result.metrics).to.include({ steps: 3, rows: 12, tooLong: 1 });
    expect(existsSync(join(dir, "model", "adapter_config.json"))).to.equal(false);
    const { sameNames, differs } = JSON.parse(await python("differs.py", model, join(dir, "model")));
    expect(sameNames).to.equal(true);
    expect(differs).to.include("model.layers.0.self_attn.q_proj.weight").and.not.include("model.embed_tokens.weight");

    const none = await train({ stage: "sft", model, options: { ...options, maxLength: 16 }, train: ROWS }).catch((error: Error) => error);
    expect(String(none)).to.contain("All 12 rows are longer than maxLength, 16 tokens.");
  });
});
