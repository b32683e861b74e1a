import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { LaunchPlan } from "@autotraj/core/plugin";
import { conformance, setupPlugin, stageSettings, testRun } from "@autotraj/testkit";
import plugin from "../src/index.ts";

/** What every trainer must do, on the real kernel. */
conformance(plugin).register({ describe, it });

describe("{{package}}", () => {
  const dir = mkdtempSync(join(tmpdir(), "{{package}}-"));
  after(() => rmSync(dir, { recursive: true }));

  /** A job whose process is run by `process`, in place of the kernel. */
  async function trained(process: (plan: LaunchPlan) => void) {
    const plugged = await setupPlugin(plugin, { options: { python: "/opt/venv/bin/python" } });
    const options = stageSettings(plugged, "sft", { epochs: 2 });
    const data = { train: join(dir, "rows.jsonl"), heldOut: join(dir, "held-out.jsonl") };
    const job = {
      stage: "sft",
      options,
      model: "tiny",
      data,
      dir,
      seed: 7,
      launch: async (plan: LaunchPlan) => process(plan),
    };
    return plugged.taps[0].tap(job, testRun());
  }

  it("plans one process, with all that decides the model in its settings", async () => {
    const result = await trained(({ argv, files, progress }) => {
      assert.deepEqual(argv, ["/opt/venv/bin/python", "train.py"]);
      const rows = join(dir, "rows.jsonl");
      assert.deepEqual(JSON.parse(files["settings.json"]), {
        model: "tiny",
        rows,
        seed: 7,
        epochs: 2,
        learningRate: 2e-5,
      });
      progress('{"step": 4, "total": 4, "metrics": {"loss": 0.5}}');
      mkdirSync(join(dir, "model"));
      writeFileSync(join(dir, "model", "config.json"), "{}");
    });
    assert.deepEqual(result, { modelPath: join(dir, "model"), kind: "causal", metrics: { steps: 4, loss: 0.5 } });
  });

  it("brings a script that Python can read", async () => {
    await trained(({ files }) => {
      execFileSync("python3", ["-c", "import ast, sys; ast.parse(sys.stdin.read())"], { input: files["train.py"] });
    });
  });

  it("does not take an empty folder for a model", async () => {
    rmSync(join(dir, "model"), { recursive: true, force: true });
    await assert.rejects(
      trained(() => {}),
      { code: "NO_MODEL" },
    );
  });
});
