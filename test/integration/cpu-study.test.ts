/** The study that is shipped: its questions, its worked solutions, and that both its files can be run as they stand. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { planStudy, readStudy } from "@autotraj/studies";
import { expect } from "chai";

const PRESET = fileURLToPath(new URL("../../presets/cpu-study/", import.meta.url));

interface Row {
  readonly question: string;
  readonly task: string;
  readonly answer: string;
  readonly solution: string;
}
const rows = (name: string) =>
  readFileSync(join(PRESET, name), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);

/** Runs every code and compares what it prints with what the solution says it does. */
const RUN = `
import contextlib, io, json, sys
for code, said in json.load(sys.stdin):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(code, {})
    assert out.getvalue().strip() == said, (code, said)
`;

describe("presets/cpu-study", function () {
  this.timeout(120_000);
  const FILES = { "questions.jsonl": 240, "held-out.jsonl": 240, "specialist.jsonl": 600 };

  it("has as many questions of each task, in turn, and none in two files", () => {
    const asked = new Set<string>();
    for (const [name, count] of Object.entries(FILES)) {
      const all = rows(name);
      expect(all, name).to.have.length(count);
      expect(new Set(all.slice(0, 4).map(({ task }) => task)), name).to.have.property("size", 4);
      for (const [index, { task, question }] of all.entries()) {
        expect(task).to.equal(all[index % 4]?.task);
        expect(asked.has(question), question).to.equal(false);
        asked.add(question);
      }
    }
    for (const { question } of rows("examples.jsonl")) expect(asked.has(question)).to.equal(false);
  });

  it("has worked solutions that Python confirms, with the answer that reasoning-gym gives", () => {
    const solved = Object.keys(FILES).flatMap(rows);
    const runs = solved.map(({ solution, answer }) => {
      const [, code = "", said = ""] = /```python\n(.*?)\n```\n```output\n(.*?)\n```/s.exec(solution) ?? [];
      expect(solution).to.contain(`\\boxed{${said}}`);
      if (Number.isNaN(Number(answer))) expect(said).to.equal(answer);
      else expect(Number(said)).to.be.closeTo(Number(answer), 1e-9 * Math.max(1, Math.abs(Number(answer))));
      return [code, said];
    });
    execFileSync("python3", ["-c", RUN], { input: JSON.stringify(runs) });
  });

  it("has two studies that can be run as they stand, once the specialists are trained", async () => {
    const dir = mkdtempSync(join(tmpdir(), "autotraj-cpu-study-"));
    const known = { ...process.env };
    try {
      Object.assign(process.env, { CPU_STUDY_SPECIALISTS: join(dir, "sft"), CPU_STUDY_SPECIALISTS_SEEING: join(dir, "seeing") });
      const repairs = await planStudy(await readStudy(join(PRESET, "study.yaml")), { dir });
      expect(repairs).to.have.length(8 * 3);
      // What was fixed beforehand comes first.
      expect(new Set(repairs.slice(0, 6).map(({ arm }) => arm))).to.deep.equal(new Set(["more-rollouts", "seeing"]));
      const rl = await planStudy(await readStudy(join(PRESET, "rl.yaml")), { dir });
      expect(rl.map(({ arm, seed }) => `${arm} ${seed}`).sort()).to.deep.equal(
        ["outcome", "reward-model", "sft", "shuffled"].flatMap((arm) => [`${arm} 1`, `${arm} 2`]),
      );
    } finally {
      process.env = known;
      rmSync(dir, { recursive: true });
    }
  });
});
