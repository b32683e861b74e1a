/**
 * `npm test [-- files, folders or mocha options]`: sets up, runs mocha under the project's Node, and closes with `N passed, N failed`
 * (`, N skipped`) alone on a line. A crash, a set-up that fails and a run without any test count as one failure.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { main, root, run } from "./process.mjs";
import { setUp } from "./setup.mjs";

const SLOWEST_SHOWN = 10;

await main(async () => {
  const folder = mkdtempSync(join(tmpdir(), "autotraj-test-"));
  const resultFile = join(folder, "result.json");
  let counts = { passed: 0, failed: 0, skipped: 0, finished: false, msByFile: {} };
  let code = 1;
  try {
    const node = await setUp();
    code = await run(node, mochaArguments(resultFile, process.argv.slice(2)));
  } catch (error) {
    console.error(error.message);
  }
  if (existsSync(resultFile)) counts = JSON.parse(readFileSync(resultFile, "utf8"));
  rmSync(folder, { recursive: true });
  if (!counts.finished || (code !== 0 && counts.failed === 0)) {
    counts.failed += 1;
    console.error(`The tests did not run to a good end (exit code ${code}).`);
  }
  showSlowest(counts.msByFile);
  console.log(`${counts.passed} passed, ${counts.failed} failed${counts.skipped > 0 ? `, ${counts.skipped} skipped` : ""}`);
  return counts.failed > 0 ? 1 : 0;
});

function mochaArguments(resultFile, extra) {
  const own = ["--reporter", join(root, "scripts/mocha-reporter.mjs"), "--reporter-option", `result=${resultFile}`, "--fail-zero"];
  const named = extra.filter((argument) => !argument.startsWith("-") && existsSync(join(root, argument)));
  if (named.length > 0) {
    // mocha would add named files to those of .mocharc.json instead of running them alone.
    const { timeout } = JSON.parse(readFileSync(join(root, ".mocharc.json"), "utf8"));
    own.push("--no-config", "--timeout", String(timeout));
  }
  const args = extra.map((argument) =>
    named.includes(argument) && statSync(join(root, argument)).isDirectory() ? `${argument}/**/*.test.ts` : argument,
  );
  return ["--disable-warning=ExperimentalWarning", join(root, "node_modules/mocha/bin/mocha.js"), ...own, ...args];
}

function showSlowest(msByFile) {
  const slowest = Object.entries(msByFile)
    .sort(([, a], [, b]) => b - a)
    .slice(0, SLOWEST_SHOWN);
  if (slowest.length === 0) return;
  console.log("Slowest files:");
  for (const [file, ms] of slowest) console.log(`${(ms / 1000).toFixed(1).padStart(8)} s  ${relative(root, file)}`);
}
