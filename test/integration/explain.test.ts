import { readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect } from "chai";
import { writeDemo } from "./demo.ts";
import { inThisProcess } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

describe("a finished run", function () {
  this.timeout(60_000);
  let folder: string;
  let accepted: { id: string; query: { id: string }; provenance: { parent: string } };

  before(async () => {
    folder = newFolder();
    writeDemo(folder);
    const { code, stderr } = await inThisProcess(["run", "demo.json", "--out", "out"], folder);
    expect(code, stderr).to.equal(0);
    const rows = readFileSync(join(folder, "out/datasets/preferences.jsonl"), "utf8").trim().split("\n");
    accepted = JSON.parse(rows[0] ?? "").chosen;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const explained = async (...args: string[]) => {
    const { code, stdout, stderr } = await inThisProcess(["explain", "out", ...args], folder);
    expect(code, stderr).to.equal(0);
    return stdout;
  };

  it("explains a repair by its id: its original, scores with reasons, both verdicts, and the calls behind them", async () => {
    const text = await explained(accepted.id, "--calls");
    expect(text).to.contain(`${accepted.provenance.parent}  REPAIRED  candidate`);
    expect(text).to.contain(`${accepted.id}  ACCEPTED  repair by fix, attempt`);
    expect(text.match(/verdict: (repair|keep) by gate: /g)).to.include.members(["verdict: repair by gate: ", "verdict: keep by gate: "]);
    expect(text).to.contain(`model "student" for ${accepted.query.id}/student/repair`);
    expect(text).to.contain(`tool "plus" for ${accepted.query.id}/student/candidate 0/0`);
    expect(text).to.match(/other trajectories of this question: `autotraj explain \S+ \d+`/);
  });

  it("finds the same by a data set's row, by the beginning of an id, and the question by its id or number", async () => {
    const whole = await explained(accepted.id);
    expect(await explained("preferences:1")).to.equal(whole);
    expect(await explained(accepted.id.slice(0, 10))).to.equal(whole);
    const question = await explained(accepted.query.id);
    expect(question).to.contain("candidate 1").and.to.contain("candidate 2");
    const number = /#\d+/.exec(question)?.[0] ?? "";
    expect(await explained(number)).to.equal(question);
    // What a shell would take for a comment is not needed.
    expect(await explained(number.slice(1))).to.equal(question);
    expect(await explained(`id:${accepted.query.id}`)).to.equal(question);
  });

  it("finds a row of a data set that is too large to be read at once", async () => {
    const file = join(folder, "out/datasets/preferences.jsonl");
    const { size } = statSync(file);
    // Longer than any string may be: what comes after the rows is a hole in the file.
    truncateSync(file, 600 * 2 ** 20);
    try {
      expect(await explained("preferences:1")).to.contain(`${accepted.id}  ACCEPTED`);
    } finally {
      truncateSync(file, size);
    }
  });

  it("gives one JSON document with everything", async () => {
    const { trajectories, calls, asked } = JSON.parse(await explained(accepted.id, "--json"));
    expect(asked).to.equal(accepted.id);
    expect(trajectories.map(({ trajectory }: { trajectory: { id: string } }) => trajectory.id)).to.include(accepted.id);
    expect(calls.length).to.be.greaterThan(2);
  });

  it("says what can be asked for where nothing is meant, or too much", async () => {
    for (const [row, message] of [
      ["nobody", 'the run has no trajectory and no finished question "nobody"'],
      ["#99", "the run has no question 99 yet"],
      ["99", "the run has no question 99 yet"],
      ["id:99", 'the run has no trajectory and no finished question "id:99"'],
      ["sft:9999", "has no row 9999"],
      ["t-", 'several trajectories begin with "t-"'],
    ] as const) {
      const { code, stderr } = await inThisProcess(["explain", "out", row], folder);
      expect(code).to.equal(2);
      expect(stderr).to.contain(message);
    }
  });

  it("says so in whichever command it is asked, by the run", async () => {
    for (const args of [
      ["diff", "out", "99"],
      ["curate", "out", "99", "--drop"],
      ["explain", "out", "sft:9999"],
    ]) {
      const { code, stderr } = await inThisProcess(args, folder);
      expect([code, stderr.split(":", 1)[0]], args.join(" ")).to.deep.equal([2, "[ATRAJ_USAGE] out"]);
    }
  });

  it("shows what a repair changed, word by word, with the scores that moved", async () => {
    const { code, stdout } = await inThisProcess(["diff", "out", "preferences:1"], folder);
    expect(code).to.equal(0);
    expect(stdout).to.contain(`--- ${accepted.provenance.parent}  repaired`).and.to.contain(`+++ ${accepted.id}  accepted, by fix`);
    expect(stdout).to.match(/\[-[^\]]+-\]\{\+[^}]+\+\}/);
    expect(stdout).to.match(/answer: \S+ → \S+/);
    expect(stdout).to.contain("dimension that changed");
    expect(stdout).not.to.contain("\x1b[");
    const colored = await inThisProcess(["diff", "out", accepted.provenance.parent, "--color"], folder);
    expect(stripVTControlCharacters(colored.stdout)).to.equal(stdout);
  });

  it("says so where there is no repair to compare with", async () => {
    const kept = readFileSync(join(folder, "out/datasets/sft.jsonl"), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const never = kept.find(({ provenance }) => provenance.origin === "rollout");
    const { code, stderr } = await inThisProcess(["diff", "out", never.id], folder);
    expect(code).to.equal(2);
    expect(stderr).to.contain("has no repair to compare with");
  });
});
