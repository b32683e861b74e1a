/**
 * Training plans in the hands of their backends: LLaMA-Factory's parser reads them and it trains a tiny random model on a CPU, verl's configuration is
 * composed and its agent loop plays an episode. One torch process at a time.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import {
  DIALECTS,
  defaultCacheDir,
  dialects,
  type JsonObject,
  type LaunchPlan,
  type PreferencePair,
  pythonEnvironments,
  type TrainJob,
  type TrainProgress,
  type TrainResult,
  type TrainStage,
  type Trajectory,
} from "@autotraj/core";
import { setupPlugin, stageSettings, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import llamafactory from "../../plugins/trainers/llamafactory/src/index.ts";
import verl from "../../plugins/trainers/verl/src/index.ts";
import { LLAMAFACTORY_AND_VERL } from "./consumers.ts";
import { check, STANDINS, sitePackages } from "./exporting.ts";
import { inTags, tagPairs } from "./samples.ts";

const run = promisify(execFile);

interface Left {
  readonly dir: string;
  readonly result: TrainResult;
  readonly plans: readonly LaunchPlan[];
  readonly seen: readonly TrainProgress[];
}

describe("training plans in the hands of their backends", function () {
  this.timeout(900_000);
  let folder: string;
  let python: string;
  let packages: string;
  let base: string;
  before(async () => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-plans-")));
    const environment = await pythonEnvironments(defaultCacheDir()).ensure(LLAMAFACTORY_AND_VERL.name, LLAMAFACTORY_AND_VERL.requirements);
    python = environment.python;
    const alone = { name: `${LLAMAFACTORY_AND_VERL.name}-code`, requirements: ["--no-deps", ...(LLAMAFACTORY_AND_VERL.alone ?? [])] };
    packages = `${await sitePackages(alone)}:${STANDINS}`;
    base = join(folder, "base");
    await check(LLAMAFACTORY_AND_VERL, "tiny_model.py", base);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const asRow = ({ usage: _usage, answer, ...trajectory }: Trajectory) => ({ ...trajectory, answer: answer ?? null, scores: {}, verdict: null });
  const asPair = ({ query, chosen, rejected }: PreferencePair) => ({ query, chosen: asRow(chosen), rejected: asRow(rejected) });
  function jsonl(file: string, rows: readonly object[]): string {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
    return file;
  }

  /** As the launcher of core does: files, then the program with little but the plan's environment. */
  async function start(dir: string, { files, argv: [program = "", ...args], env }: LaunchPlan): Promise<void> {
    writeAll(dir, files);
    await run(program, args, {
      cwd: dir,
      maxBuffer: 1 << 26,
      env: {
        PATH: process.env["PATH"],
        HOME: folder,
        DISABLE_VERSION_CHECK: "1",
        PYTHONDONTWRITEBYTECODE: "1",
        OMP_WAIT_POLICY: "PASSIVE",
        PYTHONPATH: packages,
        ...env,
      },
    });
  }
  function writeAll(dir: string, files: LaunchPlan["files"]): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, name)), { recursive: true });
      writeFileSync(join(dir, name), content);
    }
  }

  interface Asked {
    readonly rows: readonly object[];
    readonly heldOut?: readonly object[];
    readonly options: JsonObject;
    readonly service?: TrainJob["service"];
    readonly launch?: (dir: string, plan: LaunchPlan) => Promise<void>;
  }
  async function train(plugin: unknown, stage: TrainStage, name: string, asked: Asked): Promise<Left> {
    const { rows, heldOut = [], options, service, launch = start } = asked;
    const dir = join(folder, "run", "models", name);
    const plans: LaunchPlan[] = [];
    const seen: TrainProgress[] = [];
    const set = await setupPlugin(plugin as never, { services: [[DIALECTS, dialects]], options: { python }, baseDir: folder });
    const job: TrainJob = {
      ...{ stage, options: stageSettings(set, stage, options), model: base, dir, seed: 7 },
      data: { train: jsonl(join(dir, "data/train.jsonl"), rows), heldOut: jsonl(join(dir, "data/held-out.jsonl"), heldOut) },
      ...(service === undefined ? {} : { service }),
      launch: async (plan) => {
        plans.push(plan);
        await launch(dir, plan);
        const log = launch === start ? readFileSync(join(dir, plan.progressFile), "utf8").split("\n") : [];
        seen.push(...log.map(plan.progress).filter((found) => found !== undefined));
      },
    };
    const result = await set.taps.find((tap) => tap.options["stageName"] === stage)!.tap(job, testRun());
    return { dir, result, plans, seen };
  }

  describe("LLaMA-Factory", () => {
    const tags = inTags
      .filter(({ messages }) => messages.length > 0)
      .slice(0, 8)
      .map(asRow);
    const pairs = [...tagPairs, ...tagPairs].map(asPair);
    let adapters: Left;
    let reward: Left;
    let found: { parsed: readonly JsonObject[]; reward: { scores: readonly [number, number][]; config: readonly unknown[] } };
    const TEXTS = ["<|im_start|>user\nWhat?<|im_end|>", "<|im_start|>user\nWhat?<|im_end|>\n<|im_start|>assistant\nRIGHT<|im_end|>", "WRONG"];
    before(async () => {
      const cpu = { device: "cpu", batchSize: 2, learningRate: 1e-3 };
      adapters = await train(llamafactory, "sft", "sft", {
        rows: tags,
        heldOut: tags.slice(0, 2),
        options: { ...cpu, epochs: 1, saveSteps: 2, lora: { rank: 4 }, native: { neftune_noise_alpha: 5 } },
      });
      reward = await train(llamafactory, "reward-model", "reward-model", {
        rows: pairs,
        heldOut: pairs.slice(0, 2),
        options: { ...cpu, steps: 3, dtype: "fp32" },
      });
      // Planned only.
      jsonl(join(folder, "run/datasets/preferences.jsonl"), pairs);
      const planned = join(folder, "run/models/rl");
      await train(llamafactory, "rl", "rl", {
        rows: [],
        options: { method: "dpo", device: "cpu", beta: 0.2, warmup: 10 },
        launch: async (dir, { files }) => {
          writeAll(dir, files);
          throw new Error("planned");
        },
      }).catch((error: Error) => expect(error.message).to.equal("planned"));
      const asked = {
        parse: [adapters.dir, reward.dir, planned],
        reward: { output: join(reward.dir, "output"), model: reward.result.modelPath, texts: TEXTS },
      };
      found = await check(LLAMAFACTORY_AND_VERL, "check_llamafactory_plans.py", JSON.stringify(asked));
    });

    it("trains adapters, evaluates them, and merges them into a model", () => {
      expect(adapters.seen.map(({ step, total }) => [step, total])).to.deep.equal([...[1, 2, 3, 4].map((step) => [step, 4]), [4, 4]]);
      expect(adapters.result.kind).to.equal("causal");
      expect(adapters.result.metrics).to.have.all.keys("steps", "loss", "heldOutLoss");
      expect(JSON.parse(readFileSync(join(adapters.result.modelPath, "config.json"), "utf8")).architectures).to.deep.equal(["LlamaForCausalLM"]);
      expect(adapters.plans).to.have.length(2);
    });

    it("trains a reward model whose scores the classifier gives, up to the bias", () => {
      expect(reward.result.kind).to.equal("reward");
      expect(reward.result.metrics).to.have.all.keys("steps", "loss", "heldOutLoss", "heldOutAccuracy");
      expect(found.reward.config.slice(0, 3)).to.deep.equal([["LlamaForSequenceClassification"], 1, "regression"]);
      expect(found.reward.scores).to.have.length(TEXTS.length);
      for (const [byHead, byClassifier] of found.reward.scores) expect(byClassifier).to.be.closeTo(byHead, 1e-4);
      expect(new Set(found.reward.scores.map(([, score]) => score.toFixed(6))).size).to.equal(TEXTS.length);
    });

    it("reads the plans as they are meant", () => {
      const [sft, rm, dpo] = found.parsed;
      expect(sft).to.deep.include({
        ...{ stage: "sft", finetuning: "lora", epochs: 1, rate: 1e-3, noise: 5, seed: 7, model: base, device: "cpu", warmup: 50 },
        ...{ lora: [4, 32, ["all"]], data: [["autotraj_train"], ["autotraj_held_out"], "empty", 2048], saving: ["steps", 2, 2], batch: [2, 1] },
      });
      // It goes on from the newest checkpoint by itself.
      expect(sft!["resume"]).to.match(/output\/checkpoint-4$/);
      expect(rm).to.deep.include({ stage: "rm", finetuning: "full", steps: 3, resume: null });
      expect(dpo).to.deep.include({ stage: "dpo", finetuning: "full", beta: 0.2, rate: 1e-6, warmup: 10, resume: null });
    });
  });

  describe("verl", () => {
    let server: Server;
    before(async () => {
      server = createServer((request, response) => {
        const parts: Buffer[] = [];
        request.on("data", (part: Buffer) => parts.push(part));
        request.on("end", () => {
          if (request.method === "DELETE") return response.writeHead(204).end();
          const { items } = JSON.parse(Buffer.concat(parts).toString("utf8")) as { items: readonly JsonObject[] };
          response
            .writeHead(200, { "content-type": "application/json" })
            .end(JSON.stringify({ items: items.map((item) => answerTo(request.url, item)) }));
        });
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    });
    after(() => {
      server.close();
      server.closeAllConnections();
    });
    function answerTo(url: string | undefined, { text }: JsonObject): JsonObject {
      if (url === "/v1/sessions") return { session: "s" };
      if (url === "/v1/score") return { id: "s", reward: 0.5, terms: { outcome: 1 }, valid: true };
      return text === "<code>6*7</code>"
        ? { append: "\n<result>\n42\n</result>\n", results: [], done: false }
        : { append: "", results: [], done: true };
    }

    const only = (plans: LaunchPlan[]) => async (dir: string, plan: LaunchPlan) => {
      writeAll(dir, plan.files);
      plans.push(plan);
      throw new Error("planned");
    };
    const overridesOf = ({ argv }: LaunchPlan) => argv.filter((argument) => /^[+~]*[a-z_]+\.[\w.]+=/.test(argument));

    it("takes the plans for its own configuration, and plays an episode with the plan's agent loop", async () => {
      const plans: LaunchPlan[] = [];
      const planned = (error: Error) => expect(error.message).to.equal("planned");
      const [first] = inTags;
      await train(verl, "sft", "verl-sft", {
        rows: [asRow(first!)],
        options: { batchSize: 1, maxLength: 8000, native: { "data.num_workers": 2 } },
        launch: only(plans),
      }).catch(planned);
      const task = {
        ...{ id: "q-1", query: { id: "q-1", question: "6*7?", answers: ["42"] }, dialect: "tags", tools: [], stop: ["</code>", "</answer>"] },
        ...{ messages: [{ role: "user", content: "6*7?" }], sampling: { maxTokens: 64 }, maxToolCalls: 2, maxTurns: 3 },
      };
      const service = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: "secret" };
      const options = { steps: 2, promptsPerStep: 1, beta: 0.01, rayAddress: "auto", batchSize: 2, gpus: 2 };
      await train(verl, "rl", "verl-rl", { rows: [task], options, service, launch: only(plans) }).catch(planned);
      const [sftPlan, grpoPlan] = plans;
      expect(overridesOf(sftPlan!).length).to.be.greaterThan(20);
      const asked = { sft: overridesOf(sftPlan!), grpo: overridesOf(grpoPlan!), turns: ["<code>6*7</code>", "<answer>42</answer>"] };
      const shims = join(folder, "run/models/verl-rl/python");
      const found = await check<{ sft: JsonObject; grpo: JsonObject }>(
        { ...LLAMAFACTORY_AND_VERL, environment: { ...grpoPlan!.env, PYTHONPATH: shims } },
        "check_verl_plans.py",
        JSON.stringify(asked),
      );
      expect(found.sft["trainer"]).to.deep.include({ total_training_steps: 3, total_epochs: 3, logger: ["console", "file"], resume_mode: "auto" });
      expect(found.sft).to.deep.include({ rate: 5e-5 });
      expect(found.sft["trained"]).to.match(/<\/answer><\|im_end\|>$/);
      expect(found.grpo).to.deep.include({
        loop: true,
        sampler: ["StoppingReplayBuffer", "ReplayBuffer"],
        reward: 0.5,
        logprobs: true,
        terms: { "term/outcome": 1 },
      });
      expect(found.grpo["prompt"]).to.match(/<\|im_start\|>user\n6\*7\?<\|im_end\|>\n<\|im_start\|>assistant\n$/);
      expect(found.grpo["runs"]).to.deep.equal([
        [1, "<code>6*7</code>"],
        [0, "\n<result>\n42\n</result>\n"],
        [1, "<answer>42</answer>"],
      ]);
      expect((found.grpo["ray"] as { ray_init: JsonObject }).ray_init).to.deep.include({ address: "auto" });
    });
  });
});
