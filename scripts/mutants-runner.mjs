/**
 * Runs mocha's tests on changed code for Stryker, through mocha's public API: Stryker's own runner reaches into files of mocha that mocha 12 has no more.
 * Modules are loaded once; which change is active is a global that the instrumented code looks at. For changes that act while modules load, Stryker starts
 * a new process.
 */
import { globSync } from "node:fs";
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import { DryRunStatus, determineHitLimitReached, TestStatus, toMutantRunResult } from "@stryker-mutator/api/test-runner";
import Mocha from "mocha";

/** Stryker's default name for what instrumented code shares with its runner. */
globalThis.__stryker__ ??= {};
const shared = globalThis.__stryker__;

class Runner {
  #mocha;
  #outcome = [];
  #loaded = false;
  #running = false;

  async capabilities() {
    return { reloadEnvironment: false };
  }

  async init() {
    this.#mocha = new Mocha({ timeout: 60_000 });
    this.#mocha.reporter(this.#reporter());
    this.#mocha.cleanReferencesAfterRun(false);
    // In the order of the patterns: the first test that notices ends the run.
    for (const file of JSON.parse(process.env.AUTOTRAJ_MUTANTS_TESTS).flatMap((pattern) => globSync(pattern))) this.#mocha.addFile(file);
    this.#mocha.suite.beforeEach(function () {
      shared.currentTestId = this.currentTest.fullTitle();
    });
  }

  async dryRun({ coverageAnalysis, disableBail }) {
    const result = await this.#run(disableBail);
    return coverageAnalysis === "off" ? result : { ...result, mutantCoverage: shared.mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, disableBail, hitLimit, mutantActivation }) {
    shared.hitLimit = hitLimit;
    shared.hitCount = hitLimit === undefined ? undefined : 0;
    const escaped = (testFilter ?? []).map((title) => `(?:^${title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$)`);
    this.#mocha.grep(testFilter === undefined ? /^/ : new RegExp(escaped.join("|"), "s"));
    return toMutantRunResult(await this.#run(disableBail, activeMutant.id, mutantActivation));
  }

  async #run(disableBail, mutant, activation) {
    try {
      setBail(this.#mocha.suite, !disableBail);
      if (!this.#loaded) {
        shared.activeMutant = activation === "static" ? mutant : undefined;
        await this.#mocha.loadFilesAsync();
        this.#loaded = true;
        setBail(this.#mocha.suite, !disableBail);
      }
      shared.activeMutant = mutant;
      this.#running = true;
      await new Promise((done) => this.#mocha.run(() => done()));
      this.#running = false;
      return determineHitLimitReached(shared.hitCount, shared.hitLimit) ?? { status: DryRunStatus.Complete, tests: this.#outcome };
    } catch (error) {
      return { status: DryRunStatus.Error, errorMessage: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  }

  #reporter() {
    const begin = () => {
      this.#outcome = [];
      return this.#outcome;
    };
    return class {
      constructor(runner) {
        const outcome = begin();
        const add = (test, status, more = {}) => {
          const title = (test.ctx?.currentTest ?? test).fullTitle();
          outcome.push({ id: title, name: title, fileName: test.file, status, timeSpentMs: test.duration ?? 0, ...more });
        };
        runner.on("pass", (test) => add(test, TestStatus.Success));
        runner.on("fail", (test, error) => add(test, TestStatus.Failed, { failureMessage: error.message ?? String(error) }));
      }
    };
  }

  async dispose() {
    // Where a change made the tests hang, the process is ended anyway.
    if (!this.#running) this.#mocha?.dispose();
  }
}

function setBail(suite, bail) {
  suite.bail(bail);
  for (const child of suite.suites) setBail(child, bail);
}

export const strykerPlugins = [declareClassPlugin(PluginKind.TestRunner, "mocha-tests", Runner)];
