/**
 * What the scorer itself finds in every pair of the tables and of the checkers' sets, before anybody else is asked: right, wrong, or a case for the worker, letter by letter. The
 * verdicts are judged elsewhere; here a change of the rules shows itself. `UPDATE_FINDINGS=1` writes the file anew, to be read in its diff.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { type JudgeRules, judge, type Method } from "../src/judge.ts";
import { readOptions } from "../src/shown-options.ts";

const FILE = fileURLToPath(new URL("./golden/findings.jsonl", import.meta.url));

interface Row {
  readonly gold: string;
  readonly pred: string;
  readonly method: Method;
  readonly question?: string;
  readonly found: string;
}

const RULES: Omit<JudgeRules, "method"> = { f1Threshold: 1, tolerance: 1e-6, rules: "strict" };

function found({ gold, pred, method, question = "" }: Omit<Row, "found">): string {
  const finding = judge(gold, pred, { ...RULES, method }, readOptions(question));
  if (finding.verdict !== "ask") return finding.verdict;
  return JSON.stringify(finding.workerCase);
}

const rows: readonly Row[] = existsSync(FILE)
  ? readFileSync(FILE, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Row)
  : [];

if (process.env["UPDATE_FINDINGS"] === "1") writeFileSync(FILE, rows.map((row) => `${JSON.stringify({ ...row, found: found(row) })}\n`).join(""));

describe("what the answer scorer finds by itself", () => {
  it("is written down for all pairs", () => expect(rows).to.have.length.above(4900));

  for (const [index, row] of rows.entries()) {
    it(`in ${JSON.stringify(row.pred).slice(0, 60)} for ${JSON.stringify(row.gold).slice(0, 60)} (${row.method}, ${index})`, () => {
      expect(found(row)).to.equal(row.found);
    });
  }
});
