/**
 * `npm run mutants [-- part …]`: changes the code that decides what is learnt, one place at a time, and counts the changes that the tests notice. Goes on
 * where it was stopped: what was tried before and has not changed since is not tried again (`.autotraj/mutants/`). Fails where fewer than 85 % are noticed.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { main, root, run, ScriptError, secondsSince } from "./process.mjs";
import { setUp } from "./setup.mjs";

const LEAST_KILLED = 85;
const folder = join(root, ".autotraj/mutants");

/** Part → the code that is changed, and the tests that must notice. Tests that start processes for every case are left out where others cover the same lines. */
const PARTS = {
  answers: {
    mutate: ["plugins/scorers/answer/src/*.ts", "!plugins/scorers/answer/src/options.ts"],
    tests: ["plugins/scorers/answer/test/*.test.ts"],
  },
  pairing: {
    mutate: ["core/src/recorded/{pairing,conversation,arguments,thinking,tool-call-text,outcome}.ts", "core/src/trajectory/paired.ts"],
    tests: ["core/test/recorded/{pairing,conversation,text}.test.ts", "core/test/exports.test.ts"],
  },
  "failed-results": { mutate: ["core/src/recorded/failed-results.ts"], tests: ["core/test/recorded/failed-results.test.ts"] },
  gates: { mutate: ["plugins/gates/*/src/*.ts"], tests: ["plugins/gates/*/test/gate.test.ts"] },
  datasets: { mutate: ["core/src/datasets.ts", "core/src/exports.ts"], tests: ["core/test/datasets.test.ts", "core/test/exports.test.ts"] },
  masks: { mutate: ["core/src/trajectory/dialects/*.ts"], tests: ["core/test/dialects.test.ts"] },
};

await main(async () => {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !(name in PARTS));
  if (unknown.length > 0) throw new ScriptError(`No part is called ${unknown.join(", ")}. There are: ${Object.keys(PARTS).join(", ")}.`);
  const node = await setUp({ build: process.env.SKIP_BUILD === undefined });
  const few = [];
  for (const name of asked.length > 0 ? asked : Object.keys(PARTS)) {
    const start = performance.now();
    const { killed, counted, survivors } = await tryPart(node, name, PARTS[name]);
    const share = counted === 0 ? 0 : (100 * killed) / counted;
    console.log(`${name}: ${killed} of ${counted} noticed (${share.toFixed(1)} %) in ${secondsSince(start)}`);
    for (const line of survivors) console.log(`  ${line}`);
    if (share < LEAST_KILLED) few.push(name);
  }
  if (few.length > 0) throw new ScriptError(`Fewer than ${LEAST_KILLED} % noticed: ${few.join(", ")}`);
});

async function tryPart(node, name, { mutate, tests }) {
  mkdirSync(folder, { recursive: true });
  const [config, report] = [join(folder, `${name}.conf.json`), join(folder, `${name}.json`)];
  writeFileSync(config, JSON.stringify(settings(name, mutate, report), null, 2));
  const code = await run(
    node,
    ["--disable-warning=ExperimentalWarning", join(root, "node_modules/@stryker-mutator/core/bin/stryker.js"), "run", config],
    {
      // Not Stryker's own option for it, which leaves changes of constants without tests.
      env: { ...process.env, AUTOTRAJ_MUTANTS_TESTS: JSON.stringify(tests) },
    },
  );
  if (code !== 0) throw new ScriptError(`${name}: the tests could not be run on changed code (exit code ${code}).`);
  return readReport(report);
}

function settings(name, mutate, report) {
  return {
    packageManager: "npm",
    testRunner: "mocha-tests",
    plugins: [join(root, "scripts/mutants-runner.mjs")],
    // The sources are run as they are: no compiler looks at them.
    tsconfigFile: "none",
    coverageAnalysis: "perTest",
    mutate,
    ignorePatterns: ["runs", "dist", ".autotraj", "presets/*/dist"],
    // A text in a message is not what is learnt.
    mutator: { excludedMutations: ["StringLiteral"] },
    tempDirName: join(".autotraj", `stryker-${name}`),
    reporters: ["json", "progress-append-only"],
    jsonReporter: { fileName: report },
    incremental: true,
    incrementalFile: join(root, `.autotraj/mutants/${name}.incremental.json`),
    concurrency: 2,
    timeoutMS: 20_000,
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
