import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { linesIn, rowsIn, trajectoryOf } from "../src/data/dataset-rows.ts";
import type { SftRow } from "../src/kernel/plugin.ts";

describe("rows of data sets", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-rows-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const fileOf = (text: string) => {
    const file = join(folder, "rows.jsonl");
    writeFileSync(file, text);
    return file;
  };

  it("end at line feeds alone: texts may hold other line ends, and letters across the bounds of what is read at once", () => {
    const long = "é".repeat(700_000);
    const rows = [{ text: "a\u2028b\u2029c" }, { text: long }, { text: "d" }];
    const read = [...rowsIn(fileOf(rows.map((row) => `${JSON.stringify(row)}\n`).join("\n")))];
    expect(read).to.deep.equal(rows);
  });

  it("keep the digits of their numbers", () => {
    const line = '{"id":12345678901234567890}';
    expect([...rowsIn(fileOf(line))].map((row) => JSON.stringify(row))).to.deep.equal([line]);
  });

  it("have the number of their line", () => {
    expect([...linesIn(fileOf("a\n\n b\r\nc"))]).to.deep.equal([
      { text: "a", line: 1 },
      { text: " b\r", line: 3 },
      { text: "c", line: 4 },
    ]);
  });

  it("are none where a line holds white space alone", () => {
    expect([...linesIn(fileOf("a\n \t\nb\n\r\n  "))]).to.deep.equal([
      { text: "a", line: 1 },
      { text: "b", line: 3 },
    ]);
  });

  it("are trajectories without measurements", () => {
    const row = { id: "t", answer: null, scores: {}, verdict: null, messages: [] } as unknown as SftRow;
    expect(trajectoryOf(row)).to.deep.equal({
      id: "t",
      messages: [],
      usage: { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 },
    });
    expect(trajectoryOf({ ...row, answer: "4" }).answer).to.equal("4");
  });
});
