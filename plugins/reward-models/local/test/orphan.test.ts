import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { defaultCacheDir, pythonEnvironments } from "@autotraj/core";
import { PYTHON_FOLDER } from "@autotraj/trajectory-text/python";
import { expect } from "chai";
import { end, isAlive } from "../../../../core/test/support/processes.ts";
import { until } from "../../../../core/test/support/runs.ts";

const SCRIPT = fileURLToPath(new URL("../python/score.py", import.meta.url));

describe("the process of a reward model", function () {
  this.timeout(30_000);
  it("ends with the run that started it, however that ended and whatever it was doing", async () => {
    const { python } = await pythonEnvironments(defaultCacheDir()).ensure("empty", []);
    // Holds its input open, so that this does not tell it that nobody is there.
    const holder = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: ["ignore", "pipe", "inherit"] });
    // The run's process: starts it and tells its id.
    const host = spawn(
      process.execPath,
      [
        "-e",
        `console.log(require("child_process").spawn(${JSON.stringify(python)}, ["-B", "-s", ${JSON.stringify(SCRIPT)}], { stdio: "inherit", env: { PYTHONPATH: ${JSON.stringify(PYTHON_FOLDER)} } }).pid)`,
      ],
      { stdio: [holder.stdout, "pipe", "inherit"] },
    );
    const pid = Number(await new Promise((said) => host.stdout?.once("data", said)));
    try {
      expect(isAlive(pid)).to.equal(true);
      // Time to come up to where it waits for its settings.
      await new Promise((resume) => setTimeout(resume, 1_000));
      expect(isAlive(pid)).to.equal(true);
      host.kill("SIGKILL");
      await until(() => !isAlive(pid));
    } finally {
      end(pid);
      holder.kill("SIGKILL");
    }
  });
});
