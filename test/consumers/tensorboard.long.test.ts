import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pythonEnvironments } from "@autotraj/core";
import { defaultCacheDir } from "@autotraj/testkit";
import { expect } from "chai";
import tensorboard from "../../plugins/trackers/tensorboard/src/index.ts";
import { readFolder } from "../../plugins/trackers/tensorboard/test/reader.ts";
import { TrackedRuns } from "../tracked-run.ts";

const REQUIREMENTS = ["tensorboard==2.21.0", "numpy==2.4.6", "setuptools<81"];
const SCRIPT = join(import.meta.dirname, "python/check_tensorboard.py");

describe("event files of a run, in the hands of TensorBoard", () => {
  it("are read without a loss, point by point", async function () {
    this.timeout(900_000);
    const runs = new TrackedRuns();
    try {
      const { summary } = await runs.start(tensorboard as never, {}, { questions: 8, trains: "sft" });
      const folder = join(runs.at, "tensorboard");
      const { python } = await pythonEnvironments(defaultCacheDir()).ensure("tensorboard", REQUIREMENTS);
      const read = JSON.parse(execFileSync(python, [SCRIPT, folder], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }));
      const ours = readFolder(folder);
      expect(read.records).to.equal(ours.length);
      const scalars = Map.groupBy(
        ours.filter(({ value }) => value !== undefined),
        ({ tag }) => tag,
      );
      expect(Object.keys(read.scalars).sort()).to.deep.equal([...scalars.keys()].sort());
      for (const [tag, points] of scalars) expect(read.scalars[String(tag)], tag).to.deep.equal(points.map(({ step, value }) => [step, value]));
      expect(read.scalars["sft/loss"]).to.have.length(3);
      expect(read.scalars["funnel/kept"]).to.deep.equal([[8, summary.funnel.kept]]);
      const { candidates, toRepair } = summary.funnel;
      expect(read.histograms["scores/correctness"]).to.deep.equal([[8, candidates + toRepair, 0, 1]]);
    } finally {
      runs.remove();
    }
  });
});
