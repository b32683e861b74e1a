import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { addAct } from "@autotraj/curation-acts/record";
import { expect } from "chai";
import { generateRun } from "../../../../test/generated-run.ts";
import type { ActFacets, CountAnswer, TrajectoryPage, TrajectoryRow } from "../src/api.ts";
import { matchOf } from "../src/index-store/reader.ts";
import { Viewing } from "./viewing.ts";

const TRAJECTORIES = 1500;

describe("the list of trajectories", () => {
  const viewing = new Viewing();
  const runDir = join(viewing.folder, "generated");
  /** As the run itself has them. */
  let all: readonly { key: string; body: string; fate: string; scores: Record<string, { value?: number }> }[] = [];

  before(async () => {
    generateRun({ runDir, trajectories: TRAJECTORIES, marked: (position) => (position % 100 === 7 ? "Crème needle: " : "") });
    await viewing.open([runDir]);
    await viewing.enter();
    await viewing.indexed("generated");
    const database = new DatabaseSync(join(runDir, "run.db"), { readOnly: true });
    const rows = database.prepare("SELECT id, body, fate, scores FROM trajectories ORDER BY position, ordinal").all();
    all = rows.map((row) => ({
      key: String(row["id"]),
      body: String(row["body"]),
      fate: String(row["fate"]),
      scores: JSON.parse(String(row["scores"])),
    }));
    database.close();
  });
  after(() => viewing.close());

  /** All pages of it, one after another. */
  const pages = async (query: string): Promise<readonly TrajectoryRow[]> => {
    const rows: TrajectoryRow[] = [];
    for (let after: string | null = ""; after !== null; ) {
      const more: string = after === "" ? "" : `&after=${encodeURIComponent(after)}`;
      const page: TrajectoryPage = await viewing.json<TrajectoryPage>(`/api/runs/generated/trajectories?${query}${more}`);
      rows.push(...page.rows);
      after = page.next;
    }
    return rows;
  };
  const ids = async (query: string) => (await pages(query)).map(({ id }) => id);

  it("holds every one, page by page, in the run's order", async () => {
    expect(await ids("")).to.deep.equal(all.map(({ key }) => key));
    expect(await ids("order=desc")).to.deep.equal(all.map(({ key }) => key).reverse());
  });

  it("is narrowed by fate, task, tool, repairer and cause, alone and together", async () => {
    for (const query of [
      "fate=kept",
      "fate=hard&fate=refused",
      "repairer=hint",
      "cause=unstable",
      "fate=refused&repairer=llm&cause=wrong",
      "task=interest&fate=kept",
    ]) {
      const wanted = new URLSearchParams(query);
      const expected = (await pages("")).filter(
        (row) =>
          (!wanted.has("fate") || wanted.getAll("fate").includes(row.fate)) &&
          (["repairer", "cause", "task"] as const).every((name) => !wanted.has(name) || row[name] === wanted.get(name)),
      );
      expect(expected, query).not.to.be.empty;
      expect(await ids(query), query).to.deep.equal(expected.map(({ id }) => id));
    }
    expect(await ids("tool=python")).to.have.length(all.length);
    expect(await ids("tool=none")).to.deep.equal([]);
  });

  it("is narrowed by the range of a dimension, and knows no dimension that the run has not", async () => {
    const inside = all.filter(({ scores }) => (scores["grounded"]?.value ?? -1) >= 0.4 && (scores["grounded"]?.value ?? 2) <= 0.6);
    expect(inside.length).to.be.greaterThan(20);
    expect(await ids("range=grounded:0.4..0.6")).to.deep.equal(inside.map(({ key }) => key));
    expect(await ids("range=correctness:..0&range=grounded:0.4..")).to.deep.equal(
      all.filter(({ scores }) => scores["correctness"]?.value === 0 && (scores["grounded"]?.value ?? 0) >= 0.4).map(({ key }) => key),
    );
    expect(await ids("range=nothing:0..1")).to.deep.equal([]);
    expect(await ids(`range=${encodeURIComponent("x) OR 1=1; --:0..1")}`)).to.deep.equal([]);
  });

  for (const order of ["asc", "desc"] as const) {
    it(`is sorted by a dimension (${order}); those without a score come last, and none is lost or doubled at the end of a page`, async () => {
      const scored = all.map(({ key, scores }, at) => ({ key, at, value: scores["necessity"]?.value }));
      const sign = order === "asc" ? 1 : -1;
      const expected = [
        ...scored.filter(({ value }) => value !== undefined).sort((a, b) => sign * ((a.value ?? 0) - (b.value ?? 0)) || a.at - b.at),
        ...scored.filter(({ value }) => value === undefined),
      ];
      expect(scored.filter(({ value }) => value === undefined).length).to.be.greaterThan(100);
      expect(await ids(`sort=score:necessity&order=${order}`)).to.deep.equal(expected.map(({ key }) => key));
    });
  }

  it("is searched by words, phrases and beginnings, with and without accents, in any other order too", async () => {
    const marked = all.filter(({ body }) => body.includes("Crème needle"));
    expect(marked).not.to.be.empty;
    for (const text of ["needle", "NEEDLE creme", "crème", '"creme needle"', "need"]) {
      expect(await ids(`text=${encodeURIComponent(text)}`), text).to.deep.equal(marked.map(({ key }) => key));
    }
    expect(await ids(`text=${encodeURIComponent('"needle creme"')}`)).to.deep.equal([]);
    expect(new Set(await ids("text=needle&sort=tokens&order=desc"))).to.deep.equal(new Set(marked.map(({ key }) => key)));
    expect(await ids("text=NameError")).to.deep.equal(all.filter(({ body }) => body.includes("NameError")).map(({ key }) => key));
  });

  it("takes anything for a text, and no part of it for a command", async () => {
    for (const text of [
      '"',
      "*",
      "AND",
      "a OR b",
      "NEAR(",
      "question:x",
      "'; DROP TABLE texts; --",
      "^",
      "-x",
      "\0",
      "\ud800",
      "{}",
      '""""',
      'a"b',
    ]) {
      const { status } = await viewing.ask(`/api/runs/generated/trajectories?text=${encodeURIComponent(text.toWellFormed())}`);
      expect(status, text).to.equal(200);
    }
    expect(matchOf("* ^ -")).to.equal(undefined);
    expect(matchOf('say "a b" wor')).to.equal('"say" "a b" "wor"*');
  });

  it("is narrowed by what people have done to its rows, by any of these, by a tag, beside other filters, and follows what they do next", async () => {
    const [first, second, third, fourth] = [3, 400, 401, 1400].map((at) => all[at]?.key ?? "") as [string, string, string, string];
    const kept = all.find(({ fate }) => fate === "kept")?.key ?? "";
    const act = (deed: Parameters<typeof addAct>[0]["deed"]) => addAct({ runDir, deed, by: "somebody", position: 0 });
    const inOrder = (...keys: string[]) => all.map(({ key }) => key).filter((key) => keys.includes(key));
    const facets = () => viewing.json<ActFacets>("/api/runs/generated/curation/facets");
    expect(await ids("act=marked"), "nobody has done anything").to.deep.equal([]);
    expect(await facets()).to.deep.include({ acts: [], tags: [] });
    const before = (await facets()).stamp;
    act({ kind: "mark", on: fourth });
    act({ kind: "mark", on: first });
    act({ kind: "tag", on: second, tag: "by luck" });
    act({ kind: "tag", on: first, tag: "by luck" });
    act({ kind: "tag", on: third, tag: "too long" });
    act({ kind: "note", on: third, text: "why?" });
    act({ kind: "verdict", on: kept, decision: "refuse" });
    const dropped = act({ kind: "drop", on: fourth });
    act({ kind: "pin", on: second });
    for (const [query, keys] of [
      ["act=marked", [first, fourth]],
      ["act=tagged", [first, second, third]],
      ["act=noted", [third]],
      ["act=overridden", [kept]],
      ["act=dropped", [fourth]],
      ["act=pinned", [second]],
      ["act=edited", []],
      ["act=dropped&act=overridden", [fourth, kept]],
      ["tag=by+luck", [first, second]],
      ["act=marked&tag=by+luck", [first]],
      ["act=overridden&fate=kept", [kept]],
      ["act=overridden&fate=hard", []],
      ["act=marked&text=nothing", []],
    ] as const) {
      expect(await ids(query), query).to.deep.equal(inOrder(...keys));
      expect(await viewing.json<CountAnswer>(`/api/runs/generated/count?${query}`), query).to.deep.equal({ count: keys.length, atLeast: false });
    }
    expect(new Set(await ids("act=tagged&sort=score:grounded&order=desc"))).to.deep.equal(new Set([first, second, third]));
    expect(await facets()).to.deep.include({
      acts: Object.entries({ marked: 2, tagged: 3, noted: 1, overridden: 1, dropped: 1, pinned: 1 }).map(([name, count]) => ({ name, count })),
      tags: [
        { name: "by luck", count: 2 },
        { name: "too long", count: 1 },
      ],
    });
    const known = (await facets()).stamp;
    expect(known).not.to.equal(before);
    act({ kind: "undo", act: dropped.id });
    expect(await ids("act=dropped")).to.deep.equal([]);
    expect((await facets()).stamp).not.to.equal(known);
    expect(await ids("act=%27%22%5D+OR+1"), "no act of this name").to.have.length(all.length);
    expect(await ids("tag=%27%22%5D+OR+1")).to.deep.equal([]);
  });

  it("is counted as far as matters", async () => {
    const kept = all.filter(({ fate }) => fate === "kept").length;
    expect(await viewing.json<CountAnswer>("/api/runs/generated/count?fate=kept")).to.deep.equal({ count: kept, atLeast: false });
  });
});
