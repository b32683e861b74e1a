import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dialects, type JsonObject } from "@autotraj/core";
import type { PreferencePair, TrainResult } from "@autotraj/core/plugin";
import { expect } from "chai";
import { folder, pairRow, python, SEED, steps, tinyModel, train } from "./jobs.ts";

/** One preference all through: the product is right, the sum is wrong. */
const PAIRS = Array.from({ length: 6 }, (_, at) => pairRow(at));
const KNOWN = pairRow(3);

/** How far each model prefers each pair's chosen side, asked outside the training and its rows: as a judge of trajectories, or as the writer of their first turn. */
async function margins(as: "judge" | "writer", pairs: readonly JsonObject[], ...folders: readonly string[]): Promise<readonly (readonly number[])[]> {
  const text = ({ messages, ...side }: PreferencePair["chosen"]) =>
    dialects.text({ ...side, messages: as === "judge" ? messages : messages.slice(0, 3) });
  const asked = (pairs as unknown as PreferencePair[]).map(({ chosen, rejected }) => {
    return { prompt: chosen.messages.slice(0, 2), chosen: text(chosen), rejected: text(rejected) };
  });
  const dir = folder();
  try {
    writeFileSync(join(dir, "asked.json"), JSON.stringify({ as, seed: SEED, pairs: asked }));
    return JSON.parse(await python("margin.py", join(dir, "asked.json"), ...folders));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe("stages that learn from pairs, on the CPU", function () {
  this.timeout(600_000);
  let model: string;
  const dirs: string[] = [];
  const dirOf = () => {
    dirs.push(folder());
    return dirs.at(-1)!;
  };
  before(async () => {
    model = await tinyModel("all");
  });
  after(() => {
    for (const dir of dirs) rmSync(dir, { recursive: true });
  });

  describe("a reward model", () => {
    const STEPS = 12;
    let dir: string;
    let result: TrainResult & { readonly untrainedMargins?: readonly number[] };
    before(async () => {
      dir = dirOf();
      const options = { steps: STEPS, batchSize: 3, learningRate: 5e-3, trainLayers: 1, maxLength: 64, dtype: "fp32" };
      result = await train({ stage: "reward-model", model, options, train: PAIRS, heldOut: [pairRow(9), pairRow(8)], dir });
    });

    it("prefers what its pairs prefer more than before, by a score asked outside the training", async () => {
      const [before = [], after = []] = await margins("judge", [KNOWN, pairRow(9)], model, result.modelPath);
      for (const [at, margin] of after.entries()) {
        expect(margin - before[at]!, JSON.stringify({ before, after })).to.be.above(0.5);
        expect(margin).to.be.above(0);
      }
    });

    it("gives the figures of its training", () => {
      expect(result.kind).to.equal("reward");
      expect(result.metrics).to.include({ steps: STEPS, pairs: 6, heldOutPairs: 2, heldOutAccuracy: 1 });
      expect(steps(dir).map(({ step }) => step)).to.deep.equal(Array.from({ length: STEPS }, (_, at) => at + 1));
    });

    it("comes with what the untrained model makes of the held-out pairs", async () => {
      const files = ["train", "held-out"].map((side) => join(dir, "data", `${side}.rows.jsonl`));
      const byHand: readonly number[] = JSON.parse(await python("untrained_by_hand.py", model, join(dir, "model"), ...files));
      expect(result.untrainedMargins).to.have.length(2);
      for (const [at, margin] of byHand.entries()) expect(result.untrainedMargins?.[at]).to.be.closeTo(margin, 1e-3 * Math.abs(margin));
      expect(byHand[0]).to.not.be.closeTo(byHand[1]!, 1e-3);
    });

    it("says how it wants to be asked", async () => {
      const config = JSON.parse(readFileSync(join(dir, "model", "config.json"), "utf8"));
      const tokenizer = JSON.parse(readFileSync(join(dir, "model", "tokenizer_config.json"), "utf8"));
      expect(config).to.include({ problem_type: "regression", pad_token_id: 0 });
      expect(config.architectures).to.deep.equal(["LlamaForSequenceClassification"]);
      expect(tokenizer.pad_token).to.not.equal(tokenizer.eos_token);
      const render = JSON.parse(readFileSync(join(dir, "model", "render.json"), "utf8"));
      expect(render).to.include({ version: 1, dialect: "tags", maxLength: 64, truncation: "middle" });
      expect(render.templateSha256).to.equal(createHash("sha256").update(render.template).digest("hex"));

      // Served from the folder alone, the held-out pair gets the scores that training gave it.
      const served = JSON.parse(await python("score_pairs.py", join(dir, "model"), join(dir, "data", "held-out.rows.jsonl")));
      expect(served.lengths).to.deep.equal([64, 64]);
      expect(served.text).to.match(
        /^<\|im_start\|>system\nCalculate.*<\|im_start\|>assistant\n<code>.*RESULT-63.*<answer>63<\/answer><\|im_end\|>$/s,
      );
      const { differs } = JSON.parse(await python("differs.py", model, join(dir, "model")));
      expect(differs.length).to.be.greaterThan(0);
      for (const name of differs) expect(name).to.match(/^model\.layers\.1\.|^model\.norm\./);
      const margin = served.scores.reduce((sum: number, [chosen, rejected]: [number, number]) => sum + (chosen - rejected) / 2, 0);
      expect(margin).to.be.closeTo(result.metrics["heldOutMargin"]!, 0.02);
    });
  });

  it("learn by the paper's loss, the mean of −log σ(chosen − rejected), and what holds scores near 0 where that is asked for", async () => {
    // −log σ(x) = ln(1 + e^−x): 2 − 0 = 2 costs 0.126928, 0.5 − 1.5 = −1 costs 1.313262, 1 − 1 = 0 costs ln 2 = 0.693147; their mean is 2.133337 / 3.
    const pairs = [
      [2, 0],
      [0.5, 1.5],
      [1, 1],
    ];
    const lossOf = async (center: number) => JSON.parse(await python("pairwise_loss.py", JSON.stringify(pairs), JSON.stringify(center)));
    const found = await lossOf(0);
    expect(found.loss).to.be.closeTo(0.711112, 1e-6);
    // One of three is told apart; the margins are 2, −1 and 0.
    expect(found.accuracy).to.be.closeTo(1 / 3, 1e-6);
    expect(found.margin).to.be.closeTo(1 / 3, 1e-6);
    // `center` adds so many times the mean of (chosen + rejected)²: each is 2² here.
    expect((await lossOf(0.01)).loss).to.be.closeTo(0.711112 + 0.04, 1e-6);
  });

  it("go on after SIGKILL", async () => {
    const dir = dirOf();
    const job = { stage: "reward-model", model, options: { steps: 12, batchSize: 2, saveSteps: 1 }, train: PAIRS, dir } as const;
    const end = await train({ ...job, onStep: (step, kill) => step === 3 && kill("SIGKILL") }).catch((error: Error) => error);
    expect(String(end)).to.contain("ended with SIGKILL");
    const done = steps(dir).length;
    expect(done).to.be.within(3, 11);
    expect((await train(job)).metrics["steps"]).to.equal(12);
    // At most the step whose checkpoint the kill cut off is done again.
    expect(steps(dir).length - done).to.be.within(12 - done, 12 - done + 1);
  });

  it("train by DPO on the run's own pairs, adapters merged into the model", async () => {
    const dir = dirOf();
    const options = { method: "dpo", steps: 6, batchSize: 3, learningRate: 5e-3, lora: { rank: 4 } };
    const service = { url: "http://127.0.0.1:1", token: "unused" };
    const missing = await train({ stage: "rl", model, options, train: [], dir, service }).catch((error: Error) => error);
    expect(String(missing)).to.contain("method dpo learns from preference pairs, and the run has none");

    const result = await train({ stage: "rl", model, options, train: [], dir, service, pairs: PAIRS });
    expect(result.kind).to.equal("causal");
    expect(result.metrics).to.include({ steps: 6, pairs: 6, tooLong: 0, notComparable: 0 });
    expect(result.metrics["kl"]).to.be.above(0);
    // The turn in which the two sides first differ is what is learnt: it must have become the likelier one.
    const [[before], [after]] = (await margins("writer", [KNOWN], model, result.modelPath)) as [[number], [number]];
    expect(after - before, JSON.stringify({ before, after })).to.be.above(0.5);
    expect(steps(dir)[1]!.metrics).to.include.keys("loss", "rewards/margins");
    const config = JSON.parse(readFileSync(join(dir, "model", "config.json"), "utf8"));
    expect(config.architectures).to.deep.equal(["LlamaForCausalLM"]);
    const { sameNames, differs } = JSON.parse(await python("differs.py", model, join(dir, "model")));
    expect(sameNames).to.equal(true);
    expect(differs.length).to.be.greaterThan(0);
  });
});
