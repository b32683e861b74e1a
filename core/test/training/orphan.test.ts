import { spawn } from "node:child_process";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { end, isAlive, pidsIn } from "../support/processes.ts";
import { until } from "../support/runs.ts";
import { StagesRun } from "../support/stages.ts";

describe("a trainer that outlives its killed run", function () {
  this.timeout(60_000);
  it("is ended before another one begins in its place, and that is said", async () => {
    const run = new StagesRun();
    const goOn = join(run.folder, "go-on");
    const settings = { stages: { sft: { model: "base", waitFor: goOn } } };
    const pids = () => pidsIn(run.out("models", "sft", "pids"));
    const recorded = () => existsSync(run.out("processes")) && readdirSync(run.out("processes")).some((name) => name.endsWith(".json"));
    try {
      await run.preset(settings);
      const host = spawn(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", resolve(import.meta.dirname, "../fixtures/run-here.mjs"), run.folder],
        {
          stdio: "inherit",
        },
      );
      const [first = 0] = await until(() => pids().length === 1 && recorded() && pids());
      host.kill("SIGKILL");
      await new Promise((done) => host.once("close", done));
      expect(isAlive(first)).to.equal(true);

      const again = run.start(settings);
      const [, second = 0] = await until(() => pids().length === 2 && pids());
      expect(isAlive(first)).to.equal(false);
      expect(isAlive(second)).to.equal(true);
      writeFileSync(goOn, "");
      await again;
      expect(run.told).to.deep.equal([`stage "sft": its process ${first} outlived the run that was killed; it is ended first`]);
      expect(readdirSync(run.out("processes"))).to.deep.equal([]);
    } finally {
      for (const pid of pids()) end(pid);
      run.remove();
    }
  });
});
