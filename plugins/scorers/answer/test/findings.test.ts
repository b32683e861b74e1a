/**
 * What the scorer itself finds before anybody else is asked: right, wrong, or a case for the worker, letter by letter. Whether a verdict is right is judged
 * elsewhere; here a change of the rules shows itself, in the pairs of the tables and of the checkers' sets (findings.jsonl) and in the same pairs with
 * something put in, left out or doubled by chance (perturbed.jsonl). `UPDATE_FINDINGS=1` writes both anew, to be read in their diff.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { JsonObject } from "@autotraj/core";
import { expect } from "chai";
import { type JudgeRules, judge, type Method } from "../src/judge.ts";
import { readOptions } from "../src/shown-options.ts";

interface Row {
  readonly gold: string;
  readonly pred: string;
  readonly method?: Method;
  readonly question?: string;
  readonly meta?: JsonObject;
  readonly rules?: JudgeRules["rules"];
  readonly f1Threshold?: number;
  readonly found: string;
}

function found({ gold, pred, method = "auto", question = "", meta = {}, rules = "strict", f1Threshold = 1 }: Omit<Row, "found">): string {
  const finding = judge(gold, pred, { method, rules, f1Threshold, tolerance: 1e-6 }, readOptions(question, meta));
  const f1 = "f1" in finding && finding.f1 !== undefined ? ` ${finding.f1.toFixed(2)}` : "";
  if (finding.verdict !== "ask") return `${finding.verdict}${f1}`;
  const { workerCase, isConverted } = finding;
  const near = workerCase.kind === "convert" && isConverted !== undefined ? ` ${nearOf(workerCase.given[0]?.value ?? "", isConverted)}` : "";
  return `${JSON.stringify(workerCase)}${near}`;
}

/** Which values beside the given one pass for it, once gold is converted. */
function nearOf(given: string, isConverted: (gold: string, given: string) => boolean): string {
  const [top = "0", bottom = "1"] = given.split("/");
  const [n, d] = [BigInt(top), BigInt(bottom)];
  const golds = [
    `${n}/${d}`,
    `${n * 10n ** 9n + 1n}/${d * 10n ** 9n}`,
    `${n * 1000n + d}/${d * 1000n}`,
    `${n * 50n + d}/${d * 50n}`,
    `${n + d}/${d}`,
    `${-n}/${d}`,
  ];
  return golds.map((gold) => (isConverted(gold, given) ? "1" : "0")).join("");
}

function rowsIn(name: string): { readonly file: string; readonly rows: readonly Row[] } {
  const file = fileURLToPath(new URL(`./golden/${name}`, import.meta.url));
  const lines = readFileSync(file, "utf8").trim().split("\n");
  return { file, rows: lines.map((line) => JSON.parse(line) as Row) };
}

const pairs = rowsIn("findings.jsonl");
const perturbed = rowsIn("perturbed.jsonl");
/** Short: there are thousands. */
const shortly = (text: string) => (text.length < 12 ? text : createHash("sha256").update(text).digest("hex").slice(0, 8));

if (process.env["UPDATE_FINDINGS"] === "1") {
  writeFileSync(pairs.file, pairs.rows.map((row) => `${JSON.stringify({ ...row, found: found(row) })}\n`).join(""));
  writeFileSync(perturbed.file, perturbed.rows.map((row) => `${JSON.stringify({ ...row, found: shortly(found(row)) })}\n`).join(""));
}

describe("what the answer scorer finds by itself", () => {
  it("is written down for all pairs", () => {
    expect(pairs.rows).to.have.length.above(5000);
    expect(perturbed.rows).to.have.length.above(5000);
  });

  // Many in one test: they are milliseconds each, and the message names the pair.
  const CHUNK = 50;
  for (const [what, rows, told] of [
    ["pairs", pairs.rows, found],
    ["pairs changed by chance", perturbed.rows, (row: Row) => shortly(found(row))],
  ] as const) {
    for (let start = 0; start < rows.length; start += CHUNK) {
      it(`in ${what}, from ${start} on`, () => {
        for (const row of rows.slice(start, start + CHUNK)) expect(told(row), JSON.stringify(row)).to.equal(row.found);
      });
    }
  }
});
