/** `npm run quickstart [-- options of autotraj run]`: sets up and runs the quickstart preset; a run that was stopped goes on. */
import { spawnSync } from "node:child_process";
import { main, run } from "./process.mjs";
import { setUp } from "./setup.mjs";

await main(async () => {
  const node = await setUp();
  if (process.platform === "linux" && spawnSync("bwrap", ["--version"]).status !== 0) {
    console.error(
      "bubblewrap is not installed (Debian, Ubuntu: apt-get install bubblewrap); model-written code runs in Pyodide instead, which is slower.",
    );
  }
  const cli = ["--disable-warning=ExperimentalWarning", "cli/dist/main.js"];
  return run(node, [...cli, "run", "quickstart", "--out", "runs/quickstart", ...process.argv.slice(2)]);
});
