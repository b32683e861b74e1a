import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dialects } from "@autotraj/core";
import type { JsonObject, SftRow, StageContext } from "@autotraj/core/plugin";
import { rowsIn } from "@autotraj/core/rows";
import { mulberry32 } from "@autotraj/statistics/intervals";
import { splitRows } from "@autotraj/training-rows/split";
import { expect } from "chai";
import { labelled } from "../src/labels.ts";
import { type PairRow, pairRowOf } from "../src/pair-row.ts";
import { SETTINGS, type Settings } from "../src/settings.ts";
import { sourcesOf, toldCounts } from "../src/sources.ts";
import { pair, row, type Side } from "./rows.ts";

const DEFAULTS = Object.fromEntries(
  Object.entries(SETTINGS.properties).map(([name, schema]) => [name, (schema as JsonObject)["default"]]),
) as unknown as Settings;
const GOOD: Side = { text: "so it is \\boxed{7}" };

/** A run's kept trajectory on a sum: what edits are made of. */
function sum(at: number, more: Side = {}): SftRow {
  const [a, b] = [10 + at, 3 * at + 1];
  const answer = String(a + b);
  const { messages, ...kept } = row(`q${at}`, { ...more, answer, results: [answer], text: `\\boxed{${answer}}` });
  const program = { code: `print(${a} + ${b})` };
  const called = messages.map((message) =>
    message.role === "assistant" && message.toolCalls !== undefined
      ? { ...message, toolCalls: message.toolCalls.map((call) => ({ ...call, arguments: program })) }
      : message,
  );
  return { ...kept, query: { ...kept.query, question: "What is the sum?", answers: [answer] }, messages: called };
}

describe("the pairs that a reward model learns from", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "autotraj-pairs-"));
    for (const name of ["datasets", "data"]) mkdirSync(join(dir, name));
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  const file = (name: string) => join(dir, "datasets", `${name}.jsonl`);
  const write = (name: string, rows: readonly object[]) => writeFileSync(file(name), rows.map((one) => `${JSON.stringify(one)}\n`).join(""));
  const context = () => ({
    dir,
    datasets: { sft: file("sft"), preferences: file("preferences"), siblings: file("siblings") },
    random: (...parts: readonly (string | number)[]) =>
      mulberry32([...parts.join(" ")].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) | 0, 7))(),
  });
  const sources = (settings: Partial<Settings> = {}) =>
    sourcesOf(context() as unknown as StageContext, { ...DEFAULTS, ...settings }, (one) => dialects.text(one));
  const told = (settings: Partial<Settings> = {}) =>
    ([...sources(settings).rows()] as unknown as PairRow[]).map(({ query, kind, edit }) => [query.id, kind, ...(edit === undefined ? [] : [edit])]);

  it("are of the kinds that are asked for, each saying which it is", () => {
    write("preferences", [pair("a", GOOD, GOOD)]);
    write("siblings", [pair("b", GOOD, GOOD)]);
    write("sft", [sum(1)]);
    const [repair, sibling, edit] = told();
    expect([repair, sibling]).to.deep.equal([
      ["a", "repair"],
      ["b", "sibling"],
    ]);
    expect(edit?.slice(0, 2)).to.deep.equal(["q1", "edit"]);
    expect(told({ pairs: ["repair"] })).to.deep.equal([["a", "repair"]]);
    expect(told({ pairs: ["edit"] })).to.deep.equal([edit]);
  });

  it("leave out what style tells apart: one side that keeps the format, or far more words on one side; and say how many", () => {
    const long = { text: `${"and so on ".repeat(9)}\\boxed{7}` };
    write("preferences", [
      pair("a", GOOD, { text: "7" }),
      pair("b", { text: "7" }, GOOD),
      pair("c", GOOD, long),
      pair("d", long, GOOD),
      pair("e", GOOD, GOOD),
      pair("f", { text: "7" }, { text: "8" }),
    ]);
    const matched = sources();
    const kept = ([...matched.rows()] as unknown as PairRow[]).map(({ query }) => query.id);
    expect(kept).to.deep.equal(["e", "f"]);
    const leftOut = { "only one side keeps the format": 2, "one side has more than 1.5 times the words": 2 };
    expect(matched.counts()).to.deep.equal({ repair: { pairs: 2, leftOut } });
    expect(toldCounts(matched.counts())).to.equal(
      "repair 2 (2 left out: only one side keeps the format; 2 left out: one side has more than 1.5 times the words)",
    );
    [...matched.rows()];
    expect(matched.counts()).to.deep.equal({ repair: { pairs: 2, leftOut } });
    expect(told({ match: "none" })).to.have.length(6);
    expect(told({ lengthRatio: 20 })).to.have.length(4);
  });

  it("have edits that differ in one place, are by the same author, and carry none of the original's scores", () => {
    const author = { origin: "rollout", model: "m", policy: "p" } as const;
    write("sft", [sum(1, { author, scores: { correctness: { value: 1 } } })]);
    const made = [...sources({ edits: 5 }).rows()] as unknown as PairRow[];
    expect(made.map(({ edit }) => edit)).to.have.length(5);
    for (const { chosen, rejected, edit } of made) {
      expect(rejected).to.deep.include({ scores: {}, verdict: null, id: `${chosen.id}-${edit}` });
      expect(rejected.provenance).to.deep.equal({ ...author, parent: chosen.id, notes: { edit } });
      expect(rejected).to.have.all.keys(Object.keys(chosen));
      expect(rejected.messages).to.have.length(chosen.messages.length);
      expect(dialects.text(rejected)).to.not.equal(dialects.text(chosen));
    }
    expect([...sources({ edits: 5 }).rows()]).to.deep.equal(made);
    expect(told({ edits: 2 })).to.have.length(2);
  });

  it("make no edit of what a scorer has found wrong", () => {
    for (const dimension of ["correctness", "format", "grounded"]) {
      write("sft", [sum(1, { scores: { [dimension]: { value: 0 } } })]);
      expect(told()).to.deep.equal([]);
    }
    write("sft", [sum(1, { scores: { quality: { value: 0 }, grounded: { skipped: "no tool was called" }, format: { value: 1 } } })]);
    expect(told()).to.have.length(1);
  });

  it("are held out by question, whatever kind they are of", async () => {
    const rows = Array.from({ length: 60 }, (_, at) => sum(at + 1));
    const same = rows.map(({ query }) => pair(query.id, GOOD, GOOD));
    write("sft", rows);
    write("preferences", same);
    write("siblings", same);
    const all = sources();
    const split = splitRows(context(), { source: () => all.rows(), what: "pair", heldOut: 0.4 });
    const files = await split.write();
    const read = (path: string) =>
      readFileSync(path, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as PairRow);
    const [train, heldOut] = [read(files.train), read(files.heldOut)];
    expect(split.rows).to.deep.equal({ train: train.length, heldOut: heldOut.length });
    const asked = new Set(train.map(({ query }) => query.id));
    expect(heldOut.filter(({ query }) => asked.has(query.id))).to.deep.equal([]);
    for (const kind of ["repair", "sibling", "edit"])
      for (const side of [train, heldOut]) expect(side.filter((one) => one.kind === kind)).to.have.length.above(10);
  });

  it("are turned round by chance where a control is asked for: half of those to learn from, none that is held out", async () => {
    const rows = Array.from({ length: 200 }, (_, at) => sum(at + 1));
    write("sft", rows);
    const preferred = async (labels: Settings["labels"]) => {
      const all = sources({ pairs: ["edit"] });
      const files = await splitRows(context(), {
        ...{ source: () => all.rows(), what: "pair", heldOut: 0.3 },
        asTrained: labelled({ labels }, context()),
      }).write();
      const originals = (path: string) => Array.from(rowsIn(path), (one) => pairRowOf(one).chosen.provenance.parent === undefined);
      return { train: originals(files.train), heldOut: originals(files.heldOut) };
    };
    const [judged, shuffled] = [await preferred("judged"), await preferred("shuffled")];
    expect(new Set([...judged.train, ...judged.heldOut, ...shuffled.heldOut])).to.deep.equal(new Set([true]));
    expect(shuffled.train.filter(Boolean).length / shuffled.train.length).to.be.within(0.35, 0.65);
    expect(await preferred("shuffled")).to.deep.equal(shuffled);
  });

  it("are none where no data set is there, and what was left out is said where nothing is left", () => {
    expect(told()).to.deep.equal([]);
    write("preferences", [pair("a", GOOD, { text: "7" })]);
    const all = sources();
    const split = () => splitRows(context(), { source: () => all.rows(), what: "preference pair", heldOut: 0, hint: () => toldCounts(all.counts()) });
    expect(split)
      .to.throw("the run has no preference pair to train on")
      .with.property("hint", "repair 0 (1 left out: only one side keeps the format)");
  });
});
