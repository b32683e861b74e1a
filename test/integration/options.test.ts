import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { writeDemo } from "./demo.ts";
import { inThisProcess } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

describe("an option that cannot be meant is refused before anything is done:", function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = newFolder();
    writeDemo(folder);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const run = ["run", "demo.json"];
  for (const [args, what] of [
    [[...run, "--limit", "abc"], '--limit must be a whole number from 1, but is "abc".'],
    [[...run, "--limit", "-3"], "--limit must be a whole number from 1, but is -3."],
    [[...run, "--limit", "0"], "--limit must be a whole number from 1, but is 0."],
    [[...run, "--limit", "1.5"], "--limit must be a whole number from 1, but is 1.5."],
    [[...run, "--limit", "Infinity"], '--limit must be a whole number from 1, but is "Infinity".'],
    [[...run, "--limit", "NaN"], '--limit must be a whole number from 1, but is "NaN".'],
    [[...run, "--limit", "1e99"], '--limit must be a whole number from 1, but is "1e99".'],
    [[...run, "--limit"], "--limit needs a value."],
    [[...run, "--limit="], "--limit must be a whole number from 1, but is empty."],
    [[...run, "--limit", ""], "--limit must be a whole number from 1, but is empty."],
    [[...run, "--limit", "1", "--limit", "2"], "--limit is given more than once."],
    [[...run, "--show", "many"], '--show must be a whole number from 0, but is "many".'],
    [[...run, "--out", "a", "--out", "b"], "--out is given more than once."],
    [[...run, "--out", ""], "--out is empty."],
    [[...run, "--until", "data", "--until", "sft"], "--until is given more than once."],
    [["plan", "demo.json", "--limit", "abc"], '--limit must be a whole number from 1, but is "abc".'],
    [["eval", ".", "--preset", "demo.json", "--limit", "-1"], "--limit must be a whole number from 1, but is -1."],
    [["resume", "out", "--show", "-1"], "--show must be a whole number from 0, but is -1."],
    [["serve", "demo.json", "--port", "65536"], "--port must be a whole number from 0 to 65535, but is 65536."],
    [["serve", "demo.json", "--port", "1", "--port", "2"], "--port is given more than once."],
    [["serve", "demo.json", "--fallback-reward", "low"], '--fallback-reward must be a number, but is "low".'],
    [["sandbox", "serve", "--queue", "-1"], "--queue must be a whole number from 0, but is -1."],
    [["export", "out", "--to", "trl", "--to", "verl", "--out", "there"], "--to is given more than once."],
    [["import", "rows.jsonl", "--out", ""], "--out is empty."],
    [[...run, "--recorded", ""], "--recorded is empty."],
    [["model", "convert", "m", "--type", "f16", "--type", "bf16"], "--type is given more than once."],
    [[...run, "--set", "queries.limit=abc"], "queries.limit must be an integer"],
    [[...run, "--set", "queries.limit=-3"], "queries.limit must be at least 1"],
    [[...run, "--set", "queries.limit=1.5"], "queries.limit must be an integer"],
    [[...run, "--set", "queries.limit="], "queries.limit is empty"],
    [[...run, "--set", "stages.evaluate.samples=1.5"], "stages.evaluate.samples must be an integer"],
    [[...run, "--set", "stages.evaluate.limit=-1"], "stages.evaluate.limit must be at least 0"],
    [[...run, "--set", "stages.evaluate.temperature=warm"], "stages.evaluate.temperature must be a number"],
  ] as const) {
    it(args.join(" "), async () => {
      const { code, stderr } = await inThisProcess(args, folder);
      expect(stderr).to.contain(what).and.not.contain("    at ");
      expect(code).to.equal(2);
      expect(existsSync(join(folder, "runs"))).to.equal(false);
    });
  }
});
