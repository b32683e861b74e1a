import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { stepsIn } from "../src/steps.ts";

describe("the logged steps of a training", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "autotraj-steps-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const write = (file: string, ...lines: readonly (object | string)[]) =>
    writeFileSync(join(dir, file), lines.map((line) => (typeof line === "string" ? line : `${JSON.stringify(line)}\n`)).join(""));

  it("of TRL are read as they are, the later of a step that was done twice, and no half line", () => {
    write(
      "progress.jsonl",
      { step: 1, total: 3, metrics: { loss: 3, reward: 1 } },
      { step: 2, total: 3, metrics: { loss: 2 } },
      { step: 2, total: 3, metrics: { loss: 1.5 } },
      '{"step":3,"total":3,"met',
    );
    expect(stepsIn(dir)).to.deep.equal([
      { step: 1, total: 3, metrics: { loss: 3, reward: 1 } },
      { step: 2, total: 3, metrics: { loss: 1.5 } },
    ]);
  });

  it("of verl are those of all its starts, in order", () => {
    write("progress-10.jsonl", { step: 2, data: { "train/loss": 1 } });
    write("progress-9.jsonl", { step: 1, data: { "train/loss": 3, note: "no number" } }, { step: 2, data: { "train/loss": 2 } });
    expect(stepsIn(dir)).to.deep.equal([
      { step: 1, total: undefined, metrics: { "train/loss": 3 } },
      { step: 2, total: undefined, metrics: { "train/loss": 1 } },
    ]);
  });

  it("of LLaMA-Factory lie in its output folder", () => {
    mkdirSync(join(dir, "output"));
    write("output/trainer_log.jsonl", { current_steps: 1, total_steps: 2, loss: 0.5, lr: 1e-5, elapsed_time: "0:00:01" });
    expect(stepsIn(dir)).to.deep.equal([{ step: 1, total: 2, metrics: { loss: 0.5, lr: 1e-5 } }]);
  });

  it("are none where nothing was logged, or there is no folder", () => {
    expect([stepsIn(dir), stepsIn(join(dir, "nowhere"))]).to.deep.equal([[], []]);
  });
});
