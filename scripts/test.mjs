/**
 * `npm test [-- files, folders or mocha options]`: sets up, runs mocha under the project's Node, and closes with `N passed, N failed`
 * (`, N skipped`) alone on a line. A crash, a set-up that fails and a run without any test count as one failure.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, relative } from "node:path";
import { main, root, runBySections, runThroughPipes } from "./process.mjs";
import { setUp } from "./setup.mjs";

const SLOWEST_SHOWN = 10;
const FAILURE_LINES_SHOWN = 12;
/**
 * Tests that load models (torch, llama.cpp). Two of them at once would take each other's cores, so they run one after another, in a mocha of their
 * own beside that of all others; so do the installations of what they need, which take minutes where nothing is cached.
 */
const WITH_MODELS = ["plugins/{policies,reward-models,trainers}/**/*.test.ts", "plugins/scorers/judge/test/small-model.test.ts"];
/** Of the product as a whole. They wait for commands, sandboxes and browsers most of the time: beside the packages' own tests they cost little. */
const OF_THE_WHOLE = ["test/**/*.test.ts", "plugins/servers/view/test/*pages.test.ts"];
/** Run behind those with models, so that all three take about as long: look at what each took, which is said at the end. */
const BEHIND_MODELS = ["cli/**/*.test.ts", "test/{conformance,hostile}/**/*.test.ts"];

await main(async () => {
  const folder = mkdtempSync(join(tmpdir(), "autotraj-test-"));
  const lanes = lanesOf(process.argv.slice(2)).map((lane, index) => ({ ...lane, resultFile: join(folder, `${index}.json`) }));
  // Each of hundreds of commands and plugins that tests start would compile the same modules again.
  process.env.NODE_COMPILE_CACHE ??= join(folder, "compiled");
  let codes = [];
  try {
    const node = await setUp();
    codes = await Promise.all(lanes.map((lane) => timed(lane, runLane(node, lane, lanes.length))));
  } catch (error) {
    console.error(error.message);
  }
  const results = lanes.map(({ name, resultFile }, index) => ({ name, code: codes[index], ...resultsIn(resultFile) }));
  // A process that is just ending may still write there.
  rmSync(folder, { recursive: true, maxRetries: 5 });
  const total = (outcome) => results.reduce((sum, result) => sum + result[outcome], 0);
  const broken = results.filter(({ code, failed, finished }) => !finished || (code !== 0 && failed === 0));
  for (const { name, code } of broken) console.error(`The ${name} did not run to a good end (exit code ${code ?? "none"}).`);
  const [passed, skipped] = [total("passed"), total("skipped")];
  let failed = total("failed") + broken.length;
  if (passed + failed + skipped === 0) {
    console.error("No test was found.");
    failed = 1;
  }
  if (lanes.length > 1) for (const { name, seconds } of lanes) console.log(`${name}: ${Math.round(seconds ?? 0)} s`);
  showFailures(results.flatMap(({ failures }) => failures));
  showSlowest(Object.assign({}, ...results.map(({ msByFile }) => msByFile)));
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  return failed > 0 ? 1 : 0;
});

/** What runs side by side: on one core, and where files are named, one mocha alone. */
function lanesOf(extra) {
  const named = extra.filter((argument) => !argument.startsWith("-") && existsSync(join(root, argument)));
  const { timeout, ignore } = JSON.parse(readFileSync(join(root, ".mocharc.json"), "utf8"));
  // mocha would add these files to those of .mocharc.json instead of running them alone.
  const alone = ["--no-config", "--timeout", String(timeout)];
  if (named.length > 0) {
    const isFolder = (argument) => named.includes(argument) && statSync(join(root, argument)).isDirectory();
    return [{ name: "tests", args: [...alone, ...extra.map((argument) => (isFolder(argument) ? `${argument}/**/*.test.ts` : argument))] }];
  }
  if (availableParallelism() < 2) return [{ name: "tests", args: extra }];
  const ignoring = (patterns) => patterns.flatMap((pattern) => ["--ignore", pattern]);
  return [
    { name: "tests of the packages", args: [...ignoring([...WITH_MODELS, ...BEHIND_MODELS, ...OF_THE_WHOLE]), ...extra] },
    { name: "tests of the whole", args: [...alone, ...ignoring([...ignore, ...BEHIND_MODELS]), ...OF_THE_WHOLE, ...extra] },
    { name: "tests with models", args: [...alone, ...ignoring(ignore), ...WITH_MODELS, ...BEHIND_MODELS, ...extra] },
  ];
}

/** `--exit`: what a failed test has left open (a server, a thread) must not keep all of them from ending. */
function runLane(node, { args, resultFile }, lanes) {
  const reporter = ["--reporter", join(root, "scripts/mocha-reporter.mjs"), "--reporter-option", `result=${resultFile},sections=${lanes > 1}`];
  const command = [node, ["--disable-warning=ExperimentalWarning", join(root, "node_modules/mocha/bin/mocha.js"), "--exit", ...reporter, ...args]];
  if (process.stdout.isTTY) command[1].push("--color");
  return lanes === 1 ? runThroughPipes(...command) : runBySections(...command);
}

/** Notes how long it took, so that one sees which lane the others wait for. */
async function timed(lane, running) {
  const start = performance.now();
  const code = await running;
  lane.seconds = (performance.now() - start) / 1000;
  return code;
}

function resultsIn(file) {
  return existsSync(file)
    ? JSON.parse(readFileSync(file, "utf8"))
    : { passed: 0, failed: 0, skipped: 0, finished: false, msByFile: {}, failures: [] };
}

/** Once more at the end: mocha has told each in full, but ten thousand lines further up. */
function showFailures(failures) {
  if (failures.length === 0) return;
  console.log("Failed:");
  for (const { file, title, message } of failures) {
    console.log(`  ${file === undefined ? "" : `${relative(root, file)}: `}${title}`);
    for (const line of message.split("\n").slice(0, FAILURE_LINES_SHOWN)) console.log(`      ${line}`);
  }
}

function showSlowest(msByFile) {
  const slowest = Object.entries(msByFile)
    .sort(([, a], [, b]) => b - a)
    .slice(0, SLOWEST_SHOWN);
  if (slowest.length === 0) return;
  console.log("Slowest files:");
  for (const [file, ms] of slowest) console.log(`${(ms / 1000).toFixed(1).padStart(8)} s  ${relative(root, file)}`);
}
