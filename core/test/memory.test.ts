import { execFile } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { fixture, newFolder, presetOf } from "./support/presets.ts";
import { questionRows } from "./support/runs.ts";

const QUERIES = 10_000;
const MEASURED_AFTER = 2_000;
/**
 * Of all questions behind the first measurement: what a run may forget to let go of in JavaScript is 1 KiB of each, and 4 KiB beside it (SQLite, compiled code): on
 * one machine the process grows by 19 MiB up to its ten thousandth question, and by 3 over the twenty thousand that follow.
 */
const GROWTH = { held: 8 << 20, process: 32 << 20 };
/** V8 makes its young generation larger whenever there is much to do and does not give it back; that would hide what is measured here. */
const NODE_FLAGS = ["--expose-gc", "--max-semi-space-size=4"];

describe("the memory of a run", () => {
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it(`is as large after ${QUERIES} questions as after ${MEASURED_AFTER}`, async function () {
    this.timeout(240_000);
    // A busy machine delays garbage collection.
    this.retries(2);
    writeFileSync(join(folder, "questions.jsonl"), questionRows(QUERIES));
    const plugins = {
      student: [fixture("scripted-policy"), { rightPercent: 80 }],
      exact: [fixture("exact-scorer")],
      gate: [fixture("right-gate")],
      fix: ["@autotraj/repairer-llm", { policy: "student", exemplars: 1 }],
    } as const;
    await presetOf(folder, plugins, { queries: { train: "questions.jsonl" }, rollout: { candidates: 1 } });
    const script = resolve(import.meta.dirname, "fixtures/flat-memory.mjs");
    const { stdout } = await promisify(execFile)(process.execPath, [...NODE_FLAGS, script, folder, String(MEASURED_AFTER)]);
    const { early, late, queries } = JSON.parse(stdout) as { early: typeof GROWTH; late: typeof GROWTH; queries: number };
    expect(queries).to.equal(QUERIES);
    for (const what of ["held", "process"] as const) {
      const told = `${what}: ${(early[what] / 2 ** 20).toFixed(0)} MiB, then ${(late[what] / 2 ** 20).toFixed(0)} MiB`;
      expect(late[what] - early[what], told).to.be.below(GROWTH[what]);
    }
  });
});
