import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PluginError } from "@autotraj/core/plugin";
import { expect } from "chai";
import { RowProblem, readRows } from "../src/read-rows.ts";

describe("a file of rows", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-rows-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  function numbers(content: string | undefined): Generator<string> {
    const path = join(folder, "numbers.jsonl");
    rmSync(path, { force: true });
    if (content !== undefined) writeFileSync(path, content);
    return readRows({
      path,
      name: "the numbers",
      codes: { unreadable: "NO_NUMBERS", invalid: "BAD_NUMBERS" },
      hint: "A row is a number.",
      read: (value, { line }) => {
        if (typeof value !== "number") throw new RowProblem(`is ${JSON.stringify(value)}.`);
        return `${line}: ${value}`;
      },
    });
  }

  function refusal(content: string | undefined): PluginError {
    try {
      for (const _ of numbers(content));
    } catch (error) {
      if (error instanceof PluginError) return error;
    }
    throw new Error("it was read");
  }

  it("is read row by row, without blank lines and a byte order mark, whatever a text holds", () => {
    expect([...numbers("\uFEFF1\n\n  \n2\r\n3")]).to.deep.equal(["1: 1", "4: 2", "5: 3"]);
    expect([...numbers("")]).to.deep.equal([]);
    expect(refusal('"\u2028"\n').message).to.match(/:1 is "\u2028"\.$/);
  });

  it("is refused with all its bad rows, once the good ones have been read", () => {
    const rows = numbers('1\n{\n"x"\n2\n');
    expect([rows.next().value, rows.next().value]).to.deep.equal(["1: 1", "4: 2"]);
    expect(() => rows.next()).to.throw(PluginError);
    const { code, message, hint } = refusal('1\n{\n"x"\n2\n');
    const lines = message.split("\n").map((line) => line.replace(folder, ""));
    expect({ code, lines, hint }).to.deep.equal({
      code: "BAD_NUMBERS",
      lines: ["/numbers.jsonl:2 is not JSON.", '/numbers.jsonl:3 is "x".'],
      hint: "A row is a number.",
    });
  });

  it("has twenty bad rows named and the others counted", () => {
    expect(refusal("null\n".repeat(20)).message.split("\n")).to.have.length(20);
    const lines = refusal("null\n".repeat(25)).message.split("\n");
    expect(lines.slice(19).map((line) => line.replace(folder, ""))).to.deep.equal(["/numbers.jsonl:20 is null.", "and 5 more"]);
  });

  it("is named where it is not there", () => {
    const { code, message } = refusal(undefined);
    expect(code).to.equal("NO_NUMBERS");
    expect(message).to.equal(`the numbers ${join(folder, "numbers.jsonl")} cannot be read (ENOENT).`);
  });

  it("passes on what a reader throws that is no problem of the row", () => {
    const rows = readRows({
      path: join(folder, "one.jsonl"),
      name: "one",
      codes: { unreadable: "U", invalid: "I" },
      hint: "",
      read: () => {
        throw new TypeError("a mistake of ours");
      },
    });
    writeFileSync(join(folder, "one.jsonl"), "1\n");
    expect(() => [...rows]).to.throw(TypeError, "a mistake of ours");
  });
});
