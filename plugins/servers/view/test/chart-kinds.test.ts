import { stepIn } from "@autotraj/trainer-backend/steps";
import { expect } from "chai";
import type { TrainedStage } from "../src/learning-api.ts";
import { chartsOf } from "../web/src/training/chart-kinds.ts";

const stage = (name: string, of: string, metrics: TrainedStage["curves"]["metrics"]): TrainedStage => ({
  ...{ name, stage: of, trainer: null, rows: null, seconds: null, outOfDate: null, metrics: {} },
  curves: { steps: [1, 2], total: null, metrics, every: 1, problem: null },
});

describe("the charts of trainings", () => {
  it("bring together what backends call differently, and leave nothing out that they log", () => {
    const { main, others } = chartsOf([
      stage("rl", "rl", { loss: [1, 2], "terms/outcome": [0, 1], kl: [0, 0], toolCalls: [1, 1], "sampling/x": [1, 2], epoch: [0, 1] }),
      stage("rl-verl", "rl", { "actor/pg_loss": [3, 9], "actor/kl_loss": [0, 0], "num_turns/mean": [1, 1] }),
    ]);
    expect(main.map(({ title, lines }) => [title, lines.map(({ metrics }) => metrics)])).to.deep.equal([
      ["Loss", [["loss"], ["actor/pg_loss"]]],
      ["Terms of the reward", [["terms/outcome"]]],
      ["Tool calls, turns", [["toolCalls"], ["num_turns/mean"]]],
      ["KL to the model it starts from", [["kl"], ["actor/kl_loss"]]],
    ]);
    expect(others.map(({ title }) => title)).to.deep.equal(["sampling/x"]);
  });

  it("have one scale for the trainings of one stage, and one for those of another", () => {
    const { main } = chartsOf([
      stage("rl", "rl", { loss: [0, 1] }),
      stage("rl-b", "rl", { loss: [null, 3] }),
      stage("sft", "sft", { loss: [100, 100] }),
    ]);
    const [a, b, c] = main[0]?.lines.map(({ range }) => range) ?? [];
    expect(a).to.deep.equal(b);
    expect(a?.[0]).to.be.within(-1, 0);
    expect(a?.[1]).to.be.within(3, 4);
    expect(c, "a flat line lies in the middle").to.deep.equal([50, 150]);
  });
});

describe("a line of a trainer's log", () => {
  it("is read whoever wrote it, and is nothing where it is no step", () => {
    expect(stepIn('{"step": 3, "total": 9, "metrics": {"loss": 0.5, "note": "x", "none": null}}')).to.deep.equal({
      step: 3,
      total: 9,
      metrics: { loss: 0.5 },
    });
    expect(stepIn('{"step": 3, "data": {"actor/pg_loss": 1}}')).to.deep.equal({ step: 3, total: undefined, metrics: { "actor/pg_loss": 1 } });
    expect(stepIn('{"current_steps": 2, "total_steps": 4, "loss": 1, "lr": 0.1, "percentage": 50, "elapsed_time": "0:01"}')).to.deep.equal({
      ...{ step: 2, total: 4 },
      metrics: { loss: 1, lr: 0.1 },
    });
    for (const line of ["", "{", "null", "[1]", '"x"', '{"step": "1"}', '{"loss": 1}']) expect(stepIn(line), line).to.equal(undefined);
  });
});
