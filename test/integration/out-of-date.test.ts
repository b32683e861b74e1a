import { expect } from "chai";
import { REWARD, SERVE, StagesRun } from "../../core/test/support/stages.ts";
import { autotraj } from "./command.ts";

describe("autotraj stats, where a stage was done again and others were not", function () {
  this.timeout(60_000);
  it("marks what is out of date in every table, says why, and compares it with nothing", async () => {
    const run = new StagesRun();
    const stages = (steps: number) => ({
      sft: { model: "base", steps },
      "reward-model": { heldOut: 0.4 },
      rl: { trajectoryTerm: "always" },
      evaluate: {},
    });
    try {
      await run.start({ stages: stages(2), extra: REWARD, serve: SERVE });
      expect((await autotraj(["stats", run.at], run.folder)).stdout).not.to.contain("out of date");
      await run.start({ stages: stages(3), extra: REWARD, serve: SERVE, only: ["sft"] });
      const { stdout, stderr, code } = await autotraj(["stats", run.at], run.folder);
      expect(code, stderr).to.equal(0);
      for (const line of [
        /^rl \(out of date\) /m,
        /^held-out pairs told apart \(\d+\) \(out of date\)/m,
        /^rl is out of date: stage sft was done again\.$/m,
        /^rl is out of date, and compared with nothing: stage rl is out of date \(stage sft was done again\)\.$/m,
      ])
        expect(stdout).to.match(line);
      expect(stdout).not.to.contain("McNemar");
    } finally {
      run.remove();
    }
  });
});
