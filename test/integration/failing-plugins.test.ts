/** What a user reads where a plugin cheats, fails, hangs or has changed. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { fixture } from "../../core/test/support/presets.ts";
import { questionRows } from "../../core/test/support/runs.ts";
import { autotraj } from "./command.ts";
import { inThisProcess } from "./in-this-process.ts";

describe("autotraj run, where a plugin", function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-failing-")));
    writeFileSync(join(folder, "questions.jsonl"), questionRows(60));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A scorer in a file of the user's. */
  function writeScorer(body: string): void {
    writeFileSync(
      join(folder, "mine.mjs"),
      `export default {
  meta: { name: "mine", apiVersion: 1, kind: "scorer", description: "Mine", options: { type: "object", additionalProperties: false, properties: {} } },
  setup(api) { ${body} },
};`,
    );
  }

  const scoring = (row: string) =>
    `api.hooks.score.tapPromise({ dimensions: { mine: { description: "m" } } }, async (batch) => batch.map(({ trajectory, query }) => ${row}));`;

  function writePreset(settings: object = {}, others: object = {}): void {
    const plugins = {
      plus: { use: fixture("adder") },
      student: { use: fixture("scripted-policy") },
      exact: { use: fixture("exact-scorer") },
      gate: { use: fixture("right-gate") },
      mine: { use: "./mine.mjs" },
      ...others,
    };
    const preset = { queries: { train: "questions.jsonl" }, rollout: { policy: "student", candidates: 1 }, ...settings, plugins };
    writeFileSync(join(folder, "demo.json"), JSON.stringify(preset));
  }

  const run = (...args: string[]) => autotraj(["run", "./demo.json", "--show", "0", ...args], folder);

  it("writes the gold answer into trajectories: it fails, ends the run, and no answer has become right", async () => {
    writeScorer(scoring("{ trajectory.answer = query.answers[0]; return { mine: { value: 1 } }; }"));
    writePreset();
    const { code, stderr } = await run();
    expect(code).to.equal(1);
    expect(stderr).to.match(
      /\[ATRAJ_SCORER_FAILED\] scorer "mine": it failed on 10 questions in a row; the last: .* tried in mine\.mjs:\d+ to change "answer" of what it was given, .*\n {2}in mine\.mjs:\d+, named in demo\.json:1\n {2}Nothing is lost: correct it, then `autotraj resume runs\/demo` scores again; calls that were made are not made again\./,
    );
    const { stdout } = await inThisProcess(["stats", "runs/demo", "--json"], folder);
    const { right, dimensions } = JSON.parse(stdout);
    expect(right.candidates).to.be.below(right.judged);
    expect(dimensions.mine.failed).to.equal(dimensions.mine.asked);
  });

  it("gives NaN everywhere: the tables count it and say why", async () => {
    writeScorer(scoring("({ mine: { value: NaN } })"));
    writePreset();
    const { code, stdout } = await run("--limit", "6");
    expect(code).to.equal(0);
    expect(stdout).to.contain(
      '\nmine: failed 6 of 6: "mine" gave NaN for "mine". A value is a number from 0 to 1; where there is none, give { skipped: "why" } or { failed: "why" }\nincidents: mine 6 (log.jsonl)\n',
    );
  });

  it("never comes back from its start: it is named, and the command ends", async () => {
    writeScorer(`${scoring("({ mine: { value: 1 } })")} setInterval(() => {}, 1000); api.onStart(() => new Promise(() => {}));`);
    writePreset({ run: { startTimeoutMs: 500 } });
    const { code, stderr } = await run();
    expect(code).to.equal(2);
    expect(stderr).to.equal(
      `[ATRAJ_SETUP_FAILED] plugin "mine": its start failed: it did not come back within 0.5 s
  in mine.mjs, named in demo.json:1
  Raise run.startTimeoutMs if it really takes that long.\n`,
    );
  });

  it("needs a dimension that no scorer fills: the preset is refused before anything is spent", async () => {
    writeScorer(scoring("({ mine: { value: 1 } })"));
    writePreset({}, { gate: { use: "@autotraj/gate-paper" } });
    const { code, stderr } = await inThisProcess(["config", "check", "./demo.json"], folder);
    expect(code).to.equal(2);
    expect(stderr).to.contain('"gate" needs "quality", which no scorer of the preset fills');
  });

  it("was changed meanwhile: what was complete stays as it was made, and that is said", async () => {
    writeScorer(scoring("({ mine: { value: 0.25 } })"));
    writePreset();
    await run("--limit", "6");
    writeScorer(scoring("({ mine: { value: 0.75 } })"));
    const { stderr, stdout } = await run("--limit", "6");
    expect(stderr).to.contain('plugin "mine": its code has changed; the loop is complete, and stays as it was made.');
    expect(stderr).to.contain("This run is finished: nothing was left to do.");
    expect(stdout).to.match(/^mine +0\.25 /m);
  });

  it("was changed while the run was broken off: the loop is done again from the calls that were made", async () => {
    writeScorer(scoring('query.id === "q-20" ? process.kill(process.pid, "SIGKILL") : { mine: { value: 0.25 } }'));
    writePreset({ rollout: { policy: "student", candidates: 1, inFlight: 1 } });
    expect((await run()).code).not.to.equal(0);
    writeScorer(scoring("({ mine: { value: 0.75 } })"));
    const { code, stderr, stdout } = await autotraj(["resume", "runs/demo", "--show", "0"], folder);
    expect(code, stderr).to.equal(0);
    expect(stderr).to.contain('plugin "mine": its code has changed; the loop is done again. Calls that were made are not made again.');
    expect(stdout).to.match(/^questions +60/m);
    expect(stdout).to.match(/^mine +0\.75 /m);
  });
});
