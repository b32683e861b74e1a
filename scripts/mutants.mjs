/**
 * `npm run mutants [-- [--anew] part …]`: changes the code that decides what is learnt, one place at a time, and counts the changes that the tests notice.
 * Goes on where it was stopped: what was tried before, and whose code and tests are the same, is not tried again (`.autotraj/mutants/`); `--anew` tries all.
 * Fails where fewer than 85 % are noticed. What lives and why: docs/mutants.md.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { main, root, run, ScriptError, secondsSince } from "./process.mjs";
import { setUp } from "./setup.mjs";

const LEAST_KILLED = 85;
const folder = join(root, ".autotraj/mutants");

/** Part → the code that is changed, and the tests that must notice. Tests that start processes for every case are left out where others cover the same lines. */
const PARTS = {
  answers: {
    // Without the options' texts, and what only speaks to the worker: its tests start processes.
    mutate: ["plugins/scorers/answer/src/*.ts", "!plugins/scorers/answer/src/{options,index,math-verify}.ts"],
    // By themselves first: they are over in a blink.
    tests: ["plugins/scorers/answer/test/alone/*.test.ts", "plugins/scorers/answer/test/findings.test.ts"],
  },
  pairing: {
    mutate: ["core/src/data/recorded/{pairing,conversation,arguments,thinking,tool-call-text,outcome}.ts", "core/src/data/paired.ts"],
    tests: ["core/test/recorded/{pairing,conversation,own-documents,text,turn-text,outcome}.test.ts", "core/test/{exports,paired}.test.ts"],
  },
  "failed-results": { mutate: ["core/src/data/recorded/failed-results.ts"], tests: ["core/test/recorded/{failed,labelled}-results.test.ts"] },
  gates: { mutate: ["plugins/gates/*/src/*.ts"], tests: ["plugins/gates/*/test/gate.test.ts"] },
  datasets: {
    mutate: [
      "core/src/results/{datasets,siblings,exports}.ts",
      "core/src/loop/learnt-text.ts",
      "core/src/loop/store/sound-rows.ts",
      "core/src/data/{dataset-rows,ending}.ts",
    ],
    tests: ["core/test/{datasets,siblings,summary,copied-repairs,dataset-rows,ending,exports}.test.ts"],
  },
  keys: {
    mutate: ["core/src/run/stages/{key,rewards,start-model}.ts", "core/src/loop/run-identity.ts", "core/src/config/plugin-code.ts"],
    tests: ["core/test/{run-identity,plugin-code}.test.ts", "core/test/training/key.test.ts"],
    // Its fixtures are plugins, which import the built contract.
    built: true,
  },
  hooks: {
    mutate: ["core/src/kernel/{hooks,lifecycle,taps,plugin-clock,score-levels,scores,streaks}.ts", "core/src/loop/health.ts"],
    tests: ["core/test/{taps,score,repair,reward,health,lifecycle}.test.ts"],
  },
  summary: { mutate: ["core/src/results/{summary,figures,dataset-card}.ts"], tests: ["core/test/{summary,tables}.test.ts"] },
  masks: {
    mutate: [
      "core/src/data/dialects/*.ts",
      "plugins/libraries/trajectory-text/src/turns.ts",
      "plugins/trainers/{trl,verl}/src/datasets.ts",
      "plugins/trainers/llamafactory/src/{chatml,sharegpt}.ts",
    ],
    tests: ["core/test/dialects.test.ts", "plugins/libraries/trajectory-text/test/turns.test.ts", "plugins/trainers/*/test/{trainer-*,rows}.test.ts"],
  },
};

await main(async () => {
  const flags = process.argv.slice(2).filter((word) => word.startsWith("--"));
  const asked = process.argv.slice(2).filter((word) => !word.startsWith("--"));
  if (flags.some((flag) => flag !== "--anew")) throw new ScriptError(`There is one option, --anew; this is another: ${flags.join(" ")}.`);
  const unknown = asked.filter((name) => !(name in PARTS));
  if (unknown.length > 0) throw new ScriptError(`No part is called ${unknown.join(", ")}. There are: ${Object.keys(PARTS).join(", ")}.`);
  const node = await setUp({ build: process.env.SKIP_BUILD === undefined });
  const few = [];
  const broken = [];
  for (const name of asked.length > 0 ? asked : Object.keys(PARTS)) {
    const start = performance.now();
    const result = await tryPart(node, name, { ...PARTS[name], anew: flags.length > 0 });
    if (result === undefined) {
      broken.push(name);
      continue;
    }
    const { killed, counted, survivors } = result;
    const share = counted === 0 ? 0 : (100 * killed) / counted;
    console.log(`${name}: ${killed} of ${counted} noticed (${share.toFixed(1)} %) in ${secondsSince(start)}`);
    for (const line of survivors) console.log(`  ${line}`);
    if (share < LEAST_KILLED) few.push(name);
  }
  if (broken.length > 0) throw new ScriptError(`The tests could not be run on changed code: ${broken.join(", ")}. See above why.`);
  if (few.length > 0) throw new ScriptError(`Fewer than ${LEAST_KILLED} % noticed: ${few.join(", ")}`);
});

/** Undefined where the tests do not even pass on the code as it is. */
async function tryPart(node, name, { mutate, tests, anew, built = false }) {
  mkdirSync(folder, { recursive: true });
  const [config, report] = [join(folder, `${name}.conf.json`), join(folder, `${name}.json`)];
  forgetWhatLivedWhileLoading(incrementalFile(name));
  writeFileSync(config, JSON.stringify(settings(name, { mutate, report, anew, built }), null, 2));
  const code = await run(
    node,
    ["--disable-warning=ExperimentalWarning", join(root, "node_modules/@stryker-mutator/core/bin/stryker.js"), "run", config],
    {
      // Not Stryker's own option for it, which leaves changes of constants without tests.
      env: { ...process.env, AUTOTRAJ_MUTANTS_TESTS: JSON.stringify(tests) },
    },
  );
  // Stryker leaves its copy of the repository behind where it is stopped.
  rmSync(join(root, sandboxFolder(name)), { recursive: true, force: true });
  if (code > 128) throw new ScriptError(`${name}: stopped. The next run goes on from here.`);
  return code === 0 ? readReport(report) : undefined;
}

function sandboxFolder(name) {
  return join(".autotraj", `stryker-${name}`);
}

function incrementalFile(name) {
  return join(folder, `${name}.incremental.json`);
}

/** Nobody knows which tests cover what runs while modules load, so Stryker would never try a new test on it. */
function forgetWhatLivedWhileLoading(file) {
  if (!existsSync(file)) return;
  const report = JSON.parse(readFileSync(file, "utf8"));
  for (const entry of Object.values(report.files)) entry.mutants = entry.mutants.filter((mutant) => !(mutant.static && mutant.status === "Survived"));
  writeFileSync(file, JSON.stringify(report));
}

function settings(name, { mutate, report, anew, built }) {
  return {
    packageManager: "npm",
    testRunner: "mocha-tests",
    plugins: [join(root, "scripts/mutants-runner.mjs")],
    // The sources are run as they are: no compiler looks at them.
    tsconfigFile: "none",
    coverageAnalysis: "perTest",
    mutate,
    ignorePatterns: ["runs", ...(built ? [] : ["dist"]), ".autotraj"],
    // A text in a message is not what is learnt.
    mutator: { excludedMutations: ["StringLiteral"] },
    cleanTempDir: "always",
    tempDirName: sandboxFolder(name),
    reporters: ["json", "progress-append-only"],
    jsonReporter: { fileName: report },
    incremental: true,
    force: anew,
    incrementalFile: incrementalFile(name),
    concurrency: 2,
    // A loaded machine must not pass for a test that hangs.
    timeoutMS: 60_000,
    disableTypeChecks: false,
    allowEmpty: true,
  };
}

function readReport(file) {
  const { files } = JSON.parse(readFileSync(file, "utf8"));
  let [killed, counted] = [0, 0];
  const survivors = [];
  for (const [path, { mutants }] of Object.entries(files)) {
    for (const { status, location, mutatorName, replacement = "" } of mutants) {
      if (["Killed", "Timeout"].includes(status)) killed++;
      else if (["Survived", "NoCoverage"].includes(status)) {
        survivors.push(
          `${path}:${location.start.line}:${location.start.column} ${mutatorName}: ${replacement.replace(/\s+/g, " ").slice(0, 80)} (${status})`,
        );
      } else continue;
      counted++;
    }
  }
  return { killed, counted, survivors };
}
