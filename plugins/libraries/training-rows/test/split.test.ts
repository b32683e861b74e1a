import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { contentHash } from "@autotraj/core";
import { linesIn } from "@autotraj/core/rows";
import { type Splitting, splitRows } from "@autotraj/training-rows/split";
import { expect } from "chai";
import fc from "fast-check";

describe("rows to train on in which each question counts the same", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-rows-"));
    mkdirSync(join(folder, "data"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const source = () => join(folder, "rows.jsonl");
  const context = (seed: number) => ({
    dir: folder,
    random: (...parts: readonly (string | number)[]) => Number.parseInt(contentHash(seed, ...parts).slice(0, 8), 16) / 2 ** 32,
  });

  /** A file of so many rows of each question, `a1`, `a2`, … */
  function rowsOf(counts: Readonly<Record<string, number>>): void {
    const rows = Object.entries(counts).flatMap(([question, count]) =>
      Array.from({ length: count }, (_, n) => JSON.stringify({ id: `${question}${n + 1}`, query: { id: question }, messages: [] })),
    );
    writeFileSync(source(), rows.map((row) => `${row}\n`).join(""));
  }

  /** The ids in the training file, and what was said of them. */
  async function written(seed = 0, more: Partial<Splitting> = {}) {
    const { write, ...split } = splitRows(context(seed), { source: source(), what: "row", heldOut: 0, sampling: "questions", ...more });
    const files = await write();
    const idsIn = (file: string) => [...linesIn(file)].map(({ text }) => String(JSON.parse(text).id));
    return { ids: idsIn(files.train), heldOut: idsIn(files.heldOut), ...split };
  }
  const countsOf = (ids: readonly string[], keyOf = (id: string) => id) =>
    Object.fromEntries([...Map.groupBy(ids, keyOf)].map(([key, all]) => [key, all.length]));
  const questionOf = (id: string) => id.slice(0, 1);

  it("have each as often as the one with the most rows has rows, and lose none", async () => {
    rowsOf({ a: 1, b: 4, c: 2 });
    const { ids, rows, drawn } = await written();
    expect(countsOf(ids)).to.deep.equal({ a1: 4, b1: 1, b2: 1, b3: 1, b4: 1, c1: 2, c2: 2 });
    expect({ rows, drawn }).to.deep.equal({ rows: { train: 12, heldOut: 0 }, drawn: { questions: 3, visits: 4, different: 7 } });
  });

  it("have a question's rows in turn where they do not come out even, and chance says which stands once more", async () => {
    rowsOf({ a: 5, b: 3 });
    const more = new Set<string>();
    for (let seed = 0; seed < 12; seed++) {
      const counts = Object.entries(countsOf((await written(seed)).ids)).filter(([id]) => questionOf(id) === "b");
      expect(counts.map(([, count]) => count).sort()).to.deep.equal([1, 2, 2]);
      more.add(counts.find(([, count]) => count === 1)?.[0] ?? "");
    }
    expect([...more].sort()).to.deep.equal(["b1", "b2", "b3"]);
  });

  it("are the same for the same seed", async () => {
    rowsOf({ a: 5, b: 3, c: 1 });
    const first = await written(7);
    expect(await written(7)).to.deep.equal(first);
  });

  it("have 16 of one question at most, others by another seed", async () => {
    rowsOf({ a: 40, b: 1 });
    const [one, other] = [await written(1), await written(2)];
    expect(countsOf(one.ids, questionOf)).to.deep.equal({ a: 16, b: 16 });
    expect(new Set(one.ids).size).to.equal(17);
    expect(one.drawn).to.deep.equal({ questions: 2, visits: 16, different: 17 });
    expect(one.ids).not.to.deep.equal(other.ids);
  });

  it("have a question on one side only, and count it as one, though it stands under several ids", async () => {
    const asked = ["What is 3 + 4?", "what is\n3  + 4? ", "What is 3 + 5?", "What is\u00a03 + 4?"];
    const rows = Array.from({ length: 48 }, (_, n) =>
      JSON.stringify({ id: `${n}`, query: { id: `q-${n}`, question: `${asked[n % 4]} (${Math.floor(n / 4)})` }, messages: [] }),
    );
    writeFileSync(source(), rows.map((row) => `${row}\n`).join(""));
    const textOf = (id: string) => `${Math.floor(Number(id) / 4)} ${Number(id) % 4 === 2}`;
    const { ids, heldOut, drawn } = await written(3, { heldOut: 0.5 });
    const [train, other] = [new Set(ids.map(textOf)), new Set(heldOut.map(textOf))];
    expect(train.size * other.size, "both sides should have some").to.be.above(0);
    expect([...train].filter((text) => other.has(text))).to.deep.equal([]);
    expect(drawn).to.include({ questions: train.size, visits: 3 });
  });

  it("have other questions in the same words apart: other accepted answers, other system prompts; and never one id on both sides", async () => {
    const rows = Array.from({ length: 40 }, (_, n) => ({
      id: `${n}`,
      query: { id: `q-${n}`, question: "What is the sum?", answers: n % 2 === 0 ? [`${n}`] : [] },
      messages: [{ role: "system", content: n % 2 === 0 ? "Add." : `Add ${n}.` }],
    }));
    const again = rows.slice(0, 20).map((row) => ({ ...row, id: `${row.id} again`, query: { ...row.query, question: "In other words?" } }));
    writeFileSync(source(), [...rows, ...again].map((row) => `${JSON.stringify(row)}\n`).join(""));
    const { ids, heldOut, drawn } = await written(3, { heldOut: 0.5 });
    const numbers = (all: readonly string[]) => new Set(all.map((id) => Number.parseInt(id, 10)));
    const [train, other] = [numbers(ids), numbers(heldOut)];
    expect([train.size, other.size].every((size) => size > 5)).to.equal(true);
    expect(train.size + other.size).to.equal(40);
    expect(drawn).to.include({ questions: train.size });
  });

  it("are of those rows alone that are taken and not held out; held-out rows stay as they are", async () => {
    rowsOf({ a: 3, b: 3, c: 2, d: 1, e: 4, f: 2 });
    const { ids, heldOut, rows } = await written(3, { heldOut: 0.5, takes: ({ id }) => id !== "a1" && id !== "e1" });
    const [train, other] = [countsOf(ids, questionOf), countsOf(heldOut, questionOf)];
    expect(Object.keys(train).length * Object.keys(other).length, "both sides should have some").to.be.above(0);
    expect(new Set(Object.values(train)).size).to.equal(1);
    expect([...ids, ...heldOut].filter((id) => id === "a1" || id === "e1")).to.deep.equal([]);
    expect(new Set(heldOut).size).to.equal(heldOut.length);
    expect(rows).to.deep.equal({ train: ids.length, heldOut: heldOut.length });
    expect(Object.keys(train).filter((question) => question in other)).to.deep.equal([]);
  });

  it("stand once each, in order, where rows count the same", async () => {
    rowsOf({ a: 2, b: 1 });
    for (const more of [{ sampling: "rows" }, { sampling: undefined }] as const) {
      const { ids, ...said } = await written(0, more as Partial<Splitting>);
      expect(ids).to.deep.equal(["a1", "a2", "b1"]);
      expect(said).to.deep.equal({ heldOut: [], rows: { train: 3, heldOut: 0 } });
    }
    expect(readFileSync(source(), "utf8").split("\n")).to.have.length(4);
  });

  it("are as many of every question, and of its rows to one, whatever the numbers of rows", async () => {
    const counts = fc.dictionary(fc.constantFrom(..."abcdefgh"), fc.integer({ min: 1, max: 20 }), { minKeys: 1 });
    await fc.assert(
      fc.asyncProperty(counts, fc.nat(), async (numbers, seed) => {
        rowsOf(numbers);
        const { ids } = await written(seed);
        const visits = Math.min(16, Math.max(...Object.values(numbers)));
        expect(countsOf(ids, questionOf)).to.deep.equal(Object.fromEntries(Object.keys(numbers).map((question) => [question, visits])));
        for (const [question, own] of Object.entries(numbers)) {
          const times = Object.values(countsOf(ids.filter((id) => questionOf(id) === question)));
          expect(times).to.have.length(Math.min(own, visits));
          expect(Math.max(...times) - Math.min(...times)).to.be.at.most(1);
        }
      }),
      { numRuns: 40 },
    );
  });
});
