import { createHash } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { folder, pairRow, python, steps, tinyModel, train } from "./jobs.ts";

const PAIRS = Array.from({ length: 6 }, (_, at) => pairRow(at));

describe("stages that learn from pairs, on the CPU", function () {
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

  it("train a reward model that says how it wants to be asked", async () => {
    const dir = dirOf();
    const options = { steps: 2, batchSize: 2, learningRate: 1e-3, trainLayers: 1, maxLength: 64 };
    const result = await train({ stage: "reward-model", model, options, train: PAIRS, heldOut: [pairRow(9)], dir });
    expect(result.kind).to.equal("reward");
    expect(result.metrics).to.include({ steps: 2, pairs: 6, heldOutPairs: 1 });
    expect(result.metrics["heldOutAccuracy"]).to.be.oneOf([0, 1]);
    expect(steps(dir).map(({ step }) => step)).to.deep.equal([1, 2]);

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
    expect(served.text).to.match(/^<\|im_start\|>system\nCalculate.*<\|im_start\|>assistant\n<code>.*RESULT-63.*<answer>63<\/answer><\|im_end\|>$/s);
    const { differs } = JSON.parse(await python("differs.py", model, join(dir, "model")));
    expect(differs.length).to.be.greaterThan(0);
    for (const name of differs) expect(name).to.match(/^model\.layers\.1\.|^model\.norm\./);
    expect(served.scores[0] - served.scores[1]).to.be.closeTo(result.metrics["heldOutMargin"]!, 0.02);
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
    const options = { method: "dpo", steps: 2, batchSize: 2, learningRate: 1e-3, lora: { rank: 4 } };
    const service = { url: "http://127.0.0.1:1", token: "unused" };
    const missing = await train({ stage: "rl", model, options, train: [], dir, service }).catch((error: Error) => error);
    expect(String(missing)).to.contain("method dpo learns from preference pairs, and the run has none");

    const result = await train({ stage: "rl", model, options, train: [], dir, service, pairs: PAIRS });
    expect(result.kind).to.equal("causal");
    expect(result.metrics).to.include({ steps: 2, pairs: 6, tooLong: 0, notComparable: 0 });
    expect(steps(dir)[1]!.metrics).to.include.keys("loss", "rewards/margins");
    const config = JSON.parse(readFileSync(join(dir, "model", "config.json"), "utf8"));
    expect(config.architectures).to.deep.equal(["LlamaForCausalLM"]);
    const { sameNames, differs } = JSON.parse(await python("differs.py", model, join(dir, "model")));
    expect(sameNames).to.equal(true);
    expect(differs.length).to.be.greaterThan(0);
  });
});
