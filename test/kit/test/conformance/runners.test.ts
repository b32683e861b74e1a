/** The checks as tests of other people's runners: what fails says why in a line, what is left out says so in its title. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect } from "chai";

const here = (name: string) => join(import.meta.dirname, name);
const MOCHA = join(import.meta.dirname, "../../../../node_modules/mocha/bin/mocha.js");

/** What it printed, however it ended; without colours, which mocha prints into a pipe too where CI is set. Without what tells a child of node:test that it is one. */
function printed(args: readonly string[]): Promise<{ readonly output: string; readonly code: unknown }> {
  const { NODE_TEST_CONTEXT: _context, FORCE_COLOR: _colour, ...env } = process.env;
  return new Promise((done) => {
    execFile(process.execPath, [...args], { env }, (error, stdout, stderr) =>
      done({ output: stripVTControlCharacters(stdout + stderr), code: error?.code ?? 0 }),
    );
  });
}

const RUNNERS = {
  "node:test": ["--test", "--test-reporter", "spec", here("by-node-test.mjs")],
  mocha: [MOCHA, "--no-config", "--timeout", "60000", "--reporter", "spec", here("by-mocha.mjs")],
};

describe("a conformance is registered", () => {
  for (const [name, args] of Object.entries(RUNNERS)) {
    it(`with ${name}, which prints what failed and why the rest was left out`, async () => {
      const { output, code } = await printed(args);
      expect(code, output).to.equal(1);
      expect(output)
        .to.match(/chancy conforms/)
        .and.match(/[✔✓] answers in time/);
      expect(output).to.contain('its tap of "score", question "What is 6 * 7?": it gives 2 rows for 3 trajectories');
      // Known before anything runs, and found out.
      expect(output).to.contain("says the same when asked again (skipped: it says that it is not deterministic)");
      expect(output).to.contain("stops when the run is stopped (skipped: it has no time to)");
      expect(output).to.contain("it skips all of the questions (no dice): give some in cases.questions that it scores");
      expect(output).to.contain('not run, because "gives one answer for each item" failed');
      expect(output, "a stack").not.to.match(/^\s+at \w/m);
    });
  }

  it("says itself what it leaves out, as a plain function", async () => {
    const { conformance } = await import("@autotraj/testkit");
    const { chancy } = (await import(here("for-runners.mjs"))) as { chancy: Parameters<typeof conformance>[0] };
    const suite = conformance(chancy);
    expect(suite.checks.find(({ name }) => name === "says the same side by side")).to.deep.equal({
      name: "says the same side by side",
      group: "determinism",
      skipped: "it says that it is not deterministic",
    });
    const told: string[] = [];
    const { ok, results } = await suite.run({ ends: ({ name }) => told.push(name) });
    expect(ok).to.equal(true);
    expect(told).to.deep.equal(suite.checks.map(({ name }) => name));
    expect(results.filter(({ outcome, reason }) => outcome === "skipped" && reason === undefined)).to.deep.equal([]);
  });
});
