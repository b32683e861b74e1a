import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { checkQueries, readQueries } from "../../src/data/queries.ts";
import { RowIndex } from "../../src/data/row-index.ts";
import type { Query } from "../../src/kernel/plugin.ts";
import { failure, scratch } from "./scratch.ts";

const fileOf = (text: string): string => join(scratch({ "q.jsonl": text }), "q.jsonl");

async function readText(text: string): Promise<Query[]> {
  const queries: Query[] = [];
  for await (const query of readQueries(fileOf(text))) queries.push(query);
  return queries;
}

async function read(...rows: readonly unknown[]): Promise<Query[]> {
  return readText(rows.map((row) => JSON.stringify(row)).join("\n"));
}

/** The whole message, with `q.jsonl` for the file's path. */
async function refusal(text: string): Promise<string> {
  const file = fileOf(text);
  return (await failure(checkQueries(file))).message.replaceAll(file, "q.jsonl");
}

const HINT =
  '  A file of questions has one JSON object per line: {"question": "What is 6 * 7?", "answer": "42"}; id, answers, task, solution and meta may stand there too.';

describe("reading questions", () => {
  it("keeps the fields of a question and lets all others travel in meta", async () => {
    const row = {
      id: "a",
      question: "1+1?",
      answer: "2",
      task: "sum",
      solution: "1+1=2",
      split: "train",
      level: 1,
      metadata: { level: 2 },
      meta: { x: [1] },
    };
    expect(await read(row)).to.deep.equal([
      { id: "a", question: "1+1?", answers: ["2"], task: "sum", solution: "1+1=2", meta: { split: "train", level: 2, x: [1] } },
    ]);
  });

  it("takes answers as strings or numbers, one or many, or none", async () => {
    const rows = [{ answer: 2 }, { answer: "2", answers: ["two", 2, 2.5] }, { answers: "x" }, { answer: null }, {}];
    const queries = await read(...rows.map((row, index) => ({ id: index, question: "?", ...row })));
    expect(queries.map(({ answers }) => answers)).to.deep.equal([["2"], ["2", "two", "2.5"], ["x"], [], []]);
    expect(queries.map(({ id }) => id)).to.deep.equal(["0", "1", "2", "3", "4"]);
  });

  it("makes a missing id from question and answers, the same in every file", async () => {
    const [one, two, three] = await read({ question: "a", answer: 1 }, { answers: ["1"], question: "a", task: "t" }, { question: "a", answer: 2 });
    expect(one?.id).to.match(/^q-[0-9a-f]{12}$/);
    expect(two?.id).to.equal(one?.id);
    expect(three?.id).not.to.equal(one?.id);
  });

  it("ends lines at \\n and \\r\\n only, and passes by blank lines and a byte order mark", async () => {
    const queries = await readText('\uFEFF{"question":"a\u2028b"}\r\n\n  \n{"question":"c"}');
    expect(queries.map(({ question }) => question)).to.deep.equal(["a\u2028b", "c"]);
  });

  it("reads rows and characters that are split over chunks", async () => {
    const long = "ü".repeat(200_000);
    const queries = await read({ question: `x${long}` }, { question: long });
    expect(queries.map(({ question }) => question)).to.deep.equal([`x${long}`, long]);
  });

  it("stops at the first row that is no question", async () => {
    const seen: string[] = [];
    const error = await failure(
      (async () => {
        for await (const { question } of readQueries(fileOf('{"question":"a"}\n{"prompt":"b"}\n{"question":"c"}'))) seen.push(question);
      })(),
    );
    expect(seen).to.deep.equal(["a"]);
    expect(error.message).to.contain('no "question" (the row has: prompt)').and.to.contain("q.jsonl:2)");
  });
});

describe("checking questions", () => {
  it("keeps the digits of ids and answers that a double cannot hold", async () => {
    const rows = await readText('{"id": 12345678901234567890, "question": "q", "answer": 98765432109876543210}');
    expect(rows.map(({ id, answers }) => [id, answers])).to.deep.equal([["12345678901234567890", ["98765432109876543210"]]]);
  });

  it("names bytes that are no UTF-8, with their line", async () => {
    const file = fileOf("");
    writeFileSync(file, Buffer.concat([Buffer.from('{"question":"a"}\n{"question":"caf'), Buffer.from([0xe9]), Buffer.from('"}\n')]));
    expect((await failure(checkQueries(file))).message).to.match(/not UTF-8: byte 17 is 0xE9; .*iconv.* \(.*q\.jsonl:2\)/);
  });

  it("hashes the file's bytes, so that two runs can tell whether they asked the same", async () => {
    const text = '{"question":"ü"}\r\n';
    expect((await checkQueries(fileOf(text))).sha256).to.equal(createHash("sha256").update(text).digest("hex"));
  });

  it("counts rows, not lines", async () => {
    expect((await checkQueries(fileOf('{"question":"a"}\n\n{"question":"b"}\n'))).count).to.equal(2);
  });

  it("names every kind of bad row with its line", async () => {
    const rows = [
      '{"question": "fine", "id": "x"}',
      '{"question": "a"',
      "[1]",
      '{"queston": "a"}',
      '{"question": " "}',
      '{"question": 5}',
      '{"question": "b", "id": "x"}',
      '{"question": "b", "id": ""}',
      '{"question": "b", "answer": {"value": 1}}',
      '{"question": "b", "answer": [1, null]}',
      '{"question": "b", "task": 1}',
      '{"question": "b", "meta": "x"}',
      '{"question": "c"}',
      '{"question": "c"}',
    ];
    const lines = (await refusal(rows.join("\n"))).split("\n");
    expect(lines[1]).to.match(/^ {2}not JSON: .* \(q\.jsonl:2\)$/);
    expect(lines[12]).to.match(/^ {2}the id "q-[0-9a-f]{12}" is taken by line 13 already \(q\.jsonl:14\)$/);
    expect([lines[0], ...lines.slice(2, 12), ...lines.slice(13)]).to.deep.equal([
      "[ATRAJ_QUERIES_INVALID] q.jsonl: 12 of 14 rows cannot be used.",
      "  not a JSON object (q.jsonl:3)",
      '  no "question"; "queston" is most likely meant to be it (q.jsonl:4)',
      '  "question" is empty (q.jsonl:5)',
      '  "question" is not a string (q.jsonl:6)',
      '  the id "x" is taken by line 1 already (q.jsonl:7)',
      '  "id" is neither a non-empty string nor a whole number (q.jsonl:8)',
      "  an answer is neither a string nor a number (q.jsonl:9)",
      "  an answer is neither a string nor a number (q.jsonl:10)",
      '  "task" is not a string (q.jsonl:11)',
      '  "meta" is not an object (q.jsonl:12)',
      HINT,
    ]);
  });

  it("shows twenty of many bad rows and says how many more there are", async () => {
    const lines = (await refusal("{}\n".repeat(50))).split("\n");
    expect(lines[0]).to.equal("[ATRAJ_QUERIES_INVALID] q.jsonl: 50 of 50 rows cannot be used.");
    expect(lines.slice(20)).to.deep.equal(['  no "question" (the row has: nothing) (q.jsonl:20)', "  and 30 more", HINT]);
  });

  it("refuses an empty file, a folder and a file that is not there", async () => {
    expect(await refusal("\n\n")).to.equal(`[ATRAJ_QUERIES_INVALID] q.jsonl: it has no questions.\n${HINT}`);
    const folder = scratch({});
    expect((await failure(checkQueries(folder))).message).to.contain("it is a folder.");
    expect((await failure(checkQueries(join(folder, "gone.jsonl")))).message).to.contain("there is no such file.");
  });
});

describe("the row index", () => {
  it("finds every repeated id with the line of the first, however many there are", () => {
    const index = new RowIndex();
    for (let line = 1; line <= 20_000; line += 1) expect(index.add(`id ${line}`, line)).to.equal(undefined);
    for (let line = 1; line <= 20_000; line += 1) expect(index.add(`id ${line}`, line + 20_000)).to.equal(line);
  });
});
