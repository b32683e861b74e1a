/**
 * mocha's `spec` reporter, which also keeps count in a file: after every test, so that a crash in the middle loses nothing. Told to, it marks where the
 * section of a suite ends, for whoever shows several mochas on one terminal.
 */
import { writeFileSync } from "node:fs";
import { config } from "chai";
import { reporters } from "mocha";
import { SECTION_END } from "./process.mjs";

// A message cut off after forty characters does not say what went wrong on a machine that nobody can look at.
config.truncateThreshold = 0;

export default class CountingSpec extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const { result, sections } = options.reporterOptions;
    const counts = { passed: 0, failed: 0, skipped: 0, finished: false, msByFile: {}, failures: [] };
    const write = () => writeFileSync(result, JSON.stringify(counts));
    const count = (outcome) => () => {
      counts[outcome] += 1;
      write();
    };
    runner.on("fail", (test, error) =>
      counts.failures.push({ file: test.file, title: test.titlePath().join(" › "), message: String(error?.message ?? error) }),
    );
    runner.on("pass", count("passed")).on("fail", count("failed")).on("pending", count("skipped"));
    // Hooks often take longer than tests, so files are timed from their first suite to their last.
    const startMs = new Map();
    runner.on("suite", (suite) => startMs.set(suite, performance.now()));
    runner.on("suite end", (suite) => {
      if (suite.parent?.root !== true) return;
      counts.msByFile[suite.file] = (counts.msByFile[suite.file] ?? 0) + performance.now() - startMs.get(suite);
      if (sections === "true") process.stdout.write(SECTION_END);
    });
    runner.once("end", () => {
      counts.finished = true;
      write();
    });
  }
}
