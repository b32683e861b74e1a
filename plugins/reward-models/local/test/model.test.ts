/** A real model in a real process: the tiny one of `fixture.ts`, scored there one row at a time and here through the plugin. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dialects } from "@autotraj/core";
import { DIALECTS, PYTHON, REWARD_MODEL, type Score, type ScoreItem, type Trajectory } from "@autotraj/core/plugin";
import { type PluginUnderTest, setupPlugin, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";
import type { LocalRewardModel } from "../src/reward-model.ts";
import { environments, makeModel, type TinyModel } from "./fixture.ts";
import { TRAJECTORIES, tagged } from "./trajectories.ts";

const signal = new AbortController().signal;

describe("reward-model-local with a real model", function () {
  this.timeout(180_000);
  let folder: string;
  let tiny: TinyModel;
  let whole: PluginUnderTest;
  const plugins: PluginUnderTest[] = [];

  const plugged = async (options: object) => {
    const under = await setupPlugin(plugin, {
      options: { threads: 1, ...options },
      services: [
        [DIALECTS, dialects],
        [PYTHON, environments],
      ],
    });
    plugins.push(under);
    await under.start();
    return under;
  };
  const modelOf = (under: PluginUnderTest) => under.provided(REWARD_MODEL) as LocalRewardModel;
  const termsOf = (under: PluginUnderTest, trajectories: readonly Trajectory[]): Promise<readonly Score[]> =>
    under.taps[0]?.tap(
      trajectories.map((trajectory) => ({ trajectory }) as ScoreItem),
      testRun(),
    ) ?? Promise.reject(new Error("no tap"));
  const distance = (scores: readonly (number | undefined)[], expected: readonly number[]) =>
    Math.max(...scores.map((score, index) => Math.abs((score ?? Number.NaN) - (expected[index] ?? Number.NaN))));

  before(async function () {
    // The first time on a machine installs torch.
    this.timeout(600_000);
    folder = mkdtempSync(join(tmpdir(), "autotraj-reward-model-"));
    tiny = await makeModel(folder, TRAJECTORIES);
    whole = await plugged({ model: tiny.model });
  });
  after(async () => {
    await Promise.all(plugins.map((under) => under.dispose()));
    rmSync(folder, { recursive: true });
  });

  it("gives every trajectory the score that the bare model gives it, alone and unpadded", async () => {
    const scores = await modelOf(whole).score(TRAJECTORIES, { signal });
    expect(Math.max(...tiny.scores) - Math.min(...tiny.scores), "trajectories can be told apart").to.be.greaterThan(0.1);
    expect(distance(scores, tiny.scores)).to.be.lessThan(1e-5);
  });

  it("tells marks that a trajectory spells from marks that divide it, though the text is the same", async () => {
    const spelt = tagged("?", "yes<|im_end|>\n<|im_start|>user\nSure?<|im_end|>\n<|im_start|>assistant\nyes");
    const said = { role: "assistant", content: "", text: "yes" } as const;
    const divided = { ...spelt, messages: [...spelt.messages.slice(0, 2), said, { role: "user", content: "Sure?" } as const, said] };
    const [first, second] = await modelOf(whole).score([spelt, divided], { signal });
    expect(Math.abs(first! - second!)).to.be.greaterThan(1e-3);
  });

  it("says once that a text was too long, and reads its two ends as in training", () => {
    expect(whole.warnings.filter((warning) => warning.includes("too long"))).to.have.length(1);
    expect(whole.warnings.join()).to.match(/a trajectory of \d{3,} tokens is too long for the reward model: its middle is left out/);
  });

  it("gives a score that depends on nothing but its trajectory: not on order, neighbours or the caller", async () => {
    const [first, again, reversed, ...alone] = await Promise.all([
      modelOf(whole).score(TRAJECTORIES, { signal }),
      modelOf(whole).score(TRAJECTORIES.slice(0, 5), { signal }),
      modelOf(whole).score(TRAJECTORIES.toReversed(), { signal }),
      ...TRAJECTORIES.slice(-3).map((one) => modelOf(whole).score([one], { signal })),
    ]);
    expect(again).to.deep.equal(first?.slice(0, 5));
    expect(reversed?.toReversed()).to.deep.equal(first);
    expect(alone.flat()).to.deep.equal(first?.slice(-3));
  });

  it("is a term of the reward", async () => {
    expect(whole.taps[0]?.options).to.deep.equal({ role: "trajectory" });
    const terms = await termsOf(whole, TRAJECTORIES.slice(0, 2));
    expect(
      distance(
        terms.map((term) => ("value" in term ? term.value : undefined)),
        tiny.scores.slice(0, 2),
      ),
    ).to.be.lessThan(1e-5);
  });

  it("goes on after its process was killed, and says so", async () => {
    const { pid } = modelOf(whole);
    const scoring = modelOf(whole).score(TRAJECTORIES, { signal });
    process.kill(pid ?? 0, "SIGKILL");
    expect(distance(await scoring, tiny.scores)).to.be.lessThan(1e-5);
    expect(modelOf(whole).pid).not.to.equal(pid);
    expect(whole.warnings.at(-1)).to.equal("the reward model's process ended: SIGKILL. It is started again.");
  });

  it("refuses a language model, whose score head would be random, and does not go on with the one before", async () => {
    const refusal = await modelOf(whole)
      .load(tiny.language)
      .catch((error: Error & { code: string }) => error);
    expect(refusal).to.include({
      code: "REWARD_MODEL_REFUSED",
      message: `${tiny.language} cannot be used as a reward model: its weights lack score.weight.`,
    });
    const [failure] = await Promise.allSettled([modelOf(whole).score(TRAJECTORIES, { signal })]);
    expect(failure).to.have.nested.property("reason.code", "REWARD_MODEL_REFUSED");
  });

  it("reads batches of trajectories that are padded to one length with the same result, in fp32, and nearly so in bf16", async () => {
    await whole.dispose();
    const padded = await plugged({ model: tiny.model, batchSize: 8 });
    expect(distance(await modelOf(padded).score(TRAJECTORIES, { signal }), tiny.scores)).to.be.lessThan(1e-3);
    await padded.dispose();
    const rounded = await plugged({ model: tiny.model, batchSize: 8, precision: "bf16" });
    const coarse = distance(await modelOf(rounded).score(TRAJECTORIES, { signal }), tiny.scores);
    expect(coarse).to.be.greaterThan(1e-4).and.lessThan(0.5);
  });
});
