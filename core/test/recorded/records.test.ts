import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { detectFormat } from "../../src/data/recorded/detect.ts";
import { type ReadingOptions, type RecordedRow, readRecords } from "../../src/data/recorded/records.ts";
import { isObject } from "../../src/data/recorded/rows.ts";
import type { Format, JsonObject, JsonValue } from "../../src/kernel/plugin.ts";
import { failureOf } from "../support/failures.ts";

/** Rows `{q, a, id?, …}`. */
const small: Format = {
  description: "small",
  recognizes: (row) => (isObject(row) && row["q"] !== undefined ? 0.9 : 0),
  read(row) {
    const { q, a, id, args } = row as JsonObject;
    if (typeof q !== "string") throw new Error("q is missing.");
    const call = args === undefined ? [] : [{ name: "f", arguments: args }];
    return {
      turns: [
        { role: "user", content: q },
        ...(call.length === 0 ? [] : [{ role: "assistant", content: "", calls: call } as const, { role: "tool", content: "1" } as const]),
        { role: "assistant", content: String(a) },
      ],
      query: id === undefined ? {} : { id: String(id) },
    };
  },
};
const other: Format = {
  description: "other",
  recognizes: (row) => (isObject(row) && row["text"] !== undefined ? 0.7 : 0),
  read: () => ({ turns: [] }),
};

describe("recorded files", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-records-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function rowsOf(name: string, content: string | Buffer, options: ReadingOptions = {}, format: Format = small): Promise<RecordedRow[]> {
    const file = join(folder, name);
    writeFileSync(file, content);
    const rows: RecordedRow[] = [];
    for await (const row of readRecords(file, format, options)) rows.push(row);
    return rows;
  }
  const answers = (rows: readonly RecordedRow[]) => rows.flatMap(({ recordings }) => recordings.map(({ trajectory }) => trajectory.answer));
  const lines = '{"q": "a", "a": "é"}\n{"q": "b", "a": "2"}\n';

  it("are read from gzip and UTF-16, by what they hold and not by their names", async () => {
    expect(answers(await rowsOf("a.jsonl.gz", gzipSync(lines)))).to.deep.equal(["é", "2"]);
    expect(answers(await rowsOf("a.jsonl", gzipSync(lines)))).to.deep.equal(["é", "2"]);
    expect(answers(await rowsOf("a.json.gz", gzipSync('[{"q": "a", "a": 1}]')))).to.deep.equal(["1"]);
    const utf16 = Buffer.from(lines, "utf16le");
    expect(answers(await rowsOf("b.jsonl", utf16))).to.deep.equal(["é", "2"]);
    expect(answers(await rowsOf("b.jsonl", Buffer.concat([Buffer.from([0xff, 0xfe]), utf16])))).to.deep.equal(["é", "2"]);
    expect(answers(await rowsOf("b.jsonl", Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()])))).to.deep.equal(["é", "2"]);
    expect(answers(await rowsOf("c.jsonl", `\uFEFF${lines}`))).to.deep.equal(["é", "2"]);
  });

  it("that are archives, tables or damaged are named", async () => {
    expect((await failureOf(rowsOf("a.zip", Buffer.from("504b030414000000", "hex")))).message)
      .to.contain("a.zip: it is a zip archive, not text.")
      .and.to.contain("Unpack it");
    expect((await failureOf(rowsOf("a.parquet", "PAR1xxxx"))).message).to.contain("it is a Parquet file");
    expect((await failureOf(rowsOf("a.gz", gzipSync(lines).subarray(0, 30)))).message).to.contain("packed with gzip and damaged");
  });

  it("with bytes that are no UTF-8 have bad rows, with the place", async () => {
    const bad = Buffer.concat([Buffer.from('{"q": "a", "a": "1"}\n{"q": "caf'), Buffer.from([0xe9]), Buffer.from('"}\n{"q": "c", "a": "3"}\n')]);
    const rows = await rowsOf("a.jsonl", bad);
    expect(rows.map(({ problem }) => problem?.replace(/;.*/, ""))).to.deep.equal([undefined, "not UTF-8: byte 11 is 0xE9", undefined]);
    expect((await failureOf(rowsOf("a.json", Buffer.concat([Buffer.from('["'), Buffer.from([0xff]), Buffer.from('"]')])))).message).to.contain(
      "not UTF-8: byte 3 is 0xFF",
    );
  });

  it("keep the digits of numbers that a double cannot hold", async () => {
    const [row] = await rowsOf(
      "a.jsonl",
      '{"q": "a", "a": "1", "args": {"id": 12345678901234567890, "list": [9007199254740993], "x": 1e400, "y": 1.50}}',
    );
    const turn = JSON.stringify(row?.recordings[0]?.trajectory.messages[1]);
    expect(turn).to.contain('{"id":12345678901234567890,"list":[9007199254740993],"x":1e400,"y":1.5}');
  });

  it("are grouped by a named field, which every row must have", async () => {
    const text = '{"q": "a", "a": "1", "meta": {"task": 7}}\n{"q": "b", "a": "2", "meta": {"task": 7}}\n{"q": "c", "a": "3"}\n';
    const rows = await rowsOf("a.jsonl", text, { groupBy: "meta.task" });
    expect(rows[0]?.recordings[0]?.group).to.equal(rows[1]?.recordings[0]?.group);
    expect(rows[2]?.problem).to.equal("meta.task, by which rows are grouped, is missing.");
  });

  it("keep what a row says of its outcome, wherever it says it", async () => {
    const [row] = await rowsOf("a.jsonl", '{"q": "a", "a": "1", "reward": 0.5, "info": {"success": true, "score": "high", "trace": [1]}}');
    expect(row?.recordings[0]?.trajectory.provenance.notes).to.deep.equal({ outcome: { success: true, score: "high", reward: 0.5 } });
  });

  it("name the format that would read a row that this one refuses", async () => {
    const [row] = await rowsOf("a.jsonl", '{"text": "x"}', { others: new Map([["other", other]]) });
    expect(row?.problem).to.equal('q is missing. The format "other" would read it.');
  });

  it("whose rows are parts are gathered into whole ones", async () => {
    const gathering: Format = { ...small, gather: (parts: readonly JsonValue[]) => [Object.assign({}, ...(parts as JsonObject[]))] };
    const rows = await rowsOf("a.jsonl", '{"q": "a"}\nnonsense\n{"a": "5"}\n', {}, gathering);
    expect(answers(rows)).to.deep.equal(["5"]);
    expect(rows.map(({ problem }) => problem?.slice(0, 8))).to.deep.equal(["not JSON", undefined]);
  });

  it("are told apart by the format that knows their first rows best", async () => {
    const formats = new Map([
      ["other", other],
      ["small", small],
    ]);
    const detect = (text: string) => {
      const file = join(folder, "d.jsonl");
      writeFileSync(file, text);
      return detectFormat(file, formats);
    };
    expect(await detect(lines)).to.equal("small");
    expect(await detect('{"text": "x"}\nno JSON\n{"text": "y"}\n{"q": "z"}\n')).to.equal("other");
    const { message } = await failureOf(detect('{"x": 1}\n'));
    expect(message).to.contain("no format knows its first rows (the first one has: x).").and.to.contain("--format (other, small)");
  });

  it("say what they are where no row of theirs is JSON, or where they have none", async () => {
    const formats = new Map([["small", small]]);
    const detect = (name: string, text: string | Buffer) => {
      writeFileSync(join(folder, name), text);
      return detectFormat(join(folder, name), formats);
    };
    const pretty = JSON.stringify([{ q: "a", a: 1 }], null, 2);
    expect((await failureOf(detect("p.jsonl", pretty))).message)
      .to.contain("p.jsonl: it is one JSON document over many lines, and not a row a line.")
      .and.to.contain("Name it .json");
    expect(answers(await rowsOf("p.json", pretty))).to.deep.equal(["1"]);
    expect((await failureOf(detect("l.jsonl", Buffer.from('{"q": "\xe9"}\n', "latin1")))).message).to.contain("l.jsonl:1 not UTF-8: byte 8 is 0xE9");
    expect((await failureOf(detect("e.jsonl", "\n \n"))).message).to.contain("e.jsonl: it has no rows.");
    expect((await failureOf(detect("o.jsonl", '[{"q": "a"}]\n'))).message).to.contain(
      "the first one is a list: rows in a list belong into a .json file",
    );
  });

  it("that Python wrote with NaN say what is no JSON in them", async () => {
    const [row] = await rowsOf("a.jsonl", '{"q": "a", "a": "NaN: no", "reward": NaN}\n');
    expect(row?.problem).to.match(/^not JSON: .*; NaN and Infinity, as Python writes them, are no JSON: write null$/);
    expect((await rowsOf("a.jsonl", '{"q": "NaN", a}\n'))[0]?.problem).not.to.contain("Python");
  });

  it("advise no format that knows a row, and cannot read it", async () => {
    const knows: Format = {
      ...other,
      read: () => {
        throw new Error("no");
      },
    };
    const [row] = await rowsOf("a.jsonl", '{"text": "x"}', { others: new Map([["other", knows]]) });
    expect(row?.problem).to.equal("q is missing.");
  });

  it("name the line of a refused row whose parts were gathered", async () => {
    const joining: Format = {
      ...small,
      gather: (parts) => [{ whole: [...parts] }],
      read: () => {
        throw new Error("no.");
      },
    };
    const [row] = await rowsOf("a.jsonl", '\n{"q": "a"}\n{"a": "5"}\n', {}, joining);
    expect(row?.place.slice(-9)).to.equal("a.jsonl:2");
  });
});
