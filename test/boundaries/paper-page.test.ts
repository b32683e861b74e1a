import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { root } from "./workspaces.ts";

interface Place {
  readonly file: string;
  readonly text: string;
}

/** Rows of the page's tables: where a formula is computed, and which tests work it out. */
const rows = readFileSync(join(root, "docs/guide/paper.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| what "))
  .map((line) => {
    const [what = "", formula = "", code = "", tests = ""] = line.split(/(?<!\\)\|/).slice(1, -1);
    const places = (cell: string, pattern: RegExp): readonly Place[] =>
      [...cell.matchAll(pattern)].map(([, file = "", text = ""]) => ({ file, text }));
    return {
      what: what.trim(),
      formula: formula.trim(),
      code: places(code, /`([^`]+)` `([^`]+)`/g),
      tests: places(tests, /`([^`]+\.test\.ts)` "([^"]+)"/g),
    };
  });

function holds({ file, text }: Place): boolean {
  const path = join(root, file);
  return existsSync(path) && readFileSync(path, "utf8").includes(text);
}

describe("docs/guide/paper.md", () => {
  it("has rows, each with a formula, its code and a test", () => {
    expect(rows).to.have.length.above(20);
    for (const { what, formula, code, tests } of rows) expect([formula !== "", code.length, tests.length > 0], what).to.deep.equal([true, 1, true]);
  });

  for (const { what, code, tests } of rows) {
    it(`names the code of "${what}" and its tests as they are called`, () => {
      for (const place of [...code, ...tests]) expect(holds(place), `${place.file}: ${place.text}`).to.equal(true);
    });
  }
});
