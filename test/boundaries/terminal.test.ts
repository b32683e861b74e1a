/** One way to the terminal: what is written around it is neither escaped nor free of secrets. */
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";

const ROOT = resolve(import.meta.dirname, "../..");
const SINK = "cli/src/display/terminal.ts";
/** A process that has run dry has nothing left but its standard error, and a Node that is too old can load nothing; both say only words of their own. */
const OTHERS = ["cli/src/main.ts", "core/src/run/run.ts"];
const WRITES = /std(?:out|err)\.write\(|\bout\.write\(|console\.\w+\(/;

describe("the terminal", () => {
  it(`is written to in ${SINK} only`, () => {
    const files = [...globSync("cli/src/**/*.ts", { cwd: ROOT }), ...globSync("core/src/**/*.ts", { cwd: ROOT })];
    const writing = files.filter((file) => WRITES.test(readFileSync(join(ROOT, file), "utf8"))).sort();
    expect(writing).to.deep.equal([SINK, ...OTHERS]);
  });
});
