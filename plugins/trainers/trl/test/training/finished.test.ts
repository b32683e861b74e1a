/** What is left of a training when it is done. The process is a pretended one: it leaves what job.py does. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DIALECTS, dialects, type JsonObject, PYTHON, type TrainJob, type TrainResult } from "@autotraj/core";
import { setupPlugin, stageSettings, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../../src/index.ts";
import { folder, jsonl, sftRow } from "./jobs.ts";

describe("a finished training", () => {
  let dir: string;
  let launched: number;
  beforeEach(() => {
    dir = folder();
    launched = 0;
    for (const name of ["base", "data"]) mkdirSync(join(dir, name));
    for (const name of ["config.json", "tokenizer.json", "tokenizer_config.json"]) writeFileSync(join(dir, "base", name), "{}");
    writeFileSync(join(dir, "data", "train.jsonl"), jsonl([sftRow(1), sftRow(2)]));
    writeFileSync(join(dir, "data", "held-out.jsonl"), "");
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const checkpoints = () => readdirSync(join(dir, "checkpoints")).sort();

  function leave(metrics = '{"loss": 1.5}'): void {
    for (const name of ["checkpoints/checkpoint-2", "checkpoints/checkpoint-4", "checkpoints/runs", "model"])
      mkdirSync(join(dir, name), { recursive: true });
    writeFileSync(join(dir, "model", "config.json"), "{}");
    writeFileSync(join(dir, "metrics.json"), metrics);
  }

  async function train(options: JsonObject = {}, left = leave): Promise<TrainResult> {
    const python = { ensure: () => Promise.reject(new Error("no environment is needed here")) };
    const trl = await setupPlugin(plugin, {
      services: [
        [DIALECTS, dialects],
        [PYTHON, python],
      ],
      options: { python: process.execPath },
    });
    const job: TrainJob = {
      ...{ stage: "sft", model: join(dir, "base"), dir, seed: 7, options: stageSettings(trl, "sft", { device: "cpu", dtype: "bf16", ...options }) },
      data: { train: join(dir, "data", "train.jsonl"), heldOut: join(dir, "data", "held-out.jsonl") },
      launch: async () => {
        launched++;
        left();
      },
    };
    const tap = trl.taps.find(({ hook, options: tapOptions }) => hook === "train" && (tapOptions as unknown as JsonObject)["stageName"] === "sft");
    return (await tap?.tap(job, testRun())) as TrainResult;
  }

  it("leaves no checkpoints, and is not done again where a kill came before it was written down", async () => {
    expect(await train()).to.deep.include({ modelPath: join(dir, "model"), metrics: { loss: 1.5 } });
    expect(checkpoints()).to.deep.equal(["runs"]);
    expect((await train()).metrics).to.deep.equal({ loss: 1.5 });
    expect(launched).to.equal(1);
  });

  it("keeps them where it is told to", async () => {
    await train({ keepCheckpoints: true });
    expect(checkpoints()).to.deep.equal(["checkpoint-2", "checkpoint-4", "runs"]);
  });

  it("keeps them where it failed, and goes on where its figures were cut off or its model is gone", async () => {
    const failed = await train({}, () => {
      leave();
      rmSync(join(dir, "model"), { recursive: true });
    }).catch((error: Error) => error.message);
    expect(failed).to.contain("left no");
    expect(checkpoints()).to.include("checkpoint-4");
    leave('{"lo');
    await train();
    expect(launched).to.equal(2);
    rmSync(join(dir, "model"), { recursive: true });
    await train();
    expect(launched).to.equal(3);
    expect(existsSync(join(dir, "model", "config.json"))).to.equal(true);
  });
});
