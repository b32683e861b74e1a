import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { QUERIES, type Query } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import { dataSets } from "../../../../test/data/sets.ts";
import { failureOf } from "../../../../test/failure.ts";
import { dropReason, queriesOf, streamOf } from "../../../../test/preparers/questions.ts";
import { balance } from "../src/balance.ts";
import plugin from "../src/index.ts";
import type { BalanceOptions } from "../src/options.ts";
import { metaPassRates } from "../src/pass-rates.ts";
import { mixed } from "../src/sample.ts";

const DEFAULTS: BalanceOptions = { passRateField: "passRate", minPassRate: 0, maxPassRate: 1, unknown: "keep", by: "task", mix: {}, seed: 0 };

/** `n` questions of a task, with ids `task-0`…, each with this pass rate where one is given. */
function questions(task: string | undefined, n: number, rate?: number): readonly Query[] {
  return Array.from({ length: n }, (_, index) => ({
    id: `${task ?? "none"}-${index}`,
    question: `question ${index} of ${task ?? "none"}?`,
    answers: [],
    ...(task === undefined ? {} : { task }),
    ...(rate === undefined ? {} : { meta: { passRate: rate } }),
  }));
}

async function plugged(train: readonly Query[], options: Partial<BalanceOptions>, baseDir?: string) {
  const under = await setupPlugin(plugin, { options, services: [[QUERIES, queriesOf(train)]], ...(baseDir === undefined ? {} : { baseDir }) });
  await under.start();
  return under;
}

/** Id → why it is dropped, undefined where it is taken. */
async function fates(train: readonly Query[], options: Partial<BalanceOptions>, baseDir?: string): Promise<ReadonlyMap<string, string | undefined>> {
  const under = await plugged(train, options, baseDir);
  const found = new Map<string, string | undefined>();
  for (const query of train) found.set(query.id, await dropReason(under, query));
  return found;
}
async function taken(train: readonly Query[], options: Partial<BalanceOptions>, baseDir?: string): Promise<readonly string[]> {
  return [...(await fates(train, options, baseDir))].flatMap(([id, reason]) => (reason === undefined ? [id] : []));
}
/** How many of each task are taken. */
async function counts(train: readonly Query[], options: Partial<BalanceOptions>): Promise<Readonly<Record<string, number>>> {
  const found: Record<string, number> = {};
  for (const id of await taken(train, options)) found[id.replace(/-\d+$/, "")] = (found[id.replace(/-\d+$/, "")] ?? 0) + 1;
  return found;
}

describe("balancing by pass rate", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-balance-"));
  });
  after(() => rmSync(folder, { recursive: true }));
  const write = (...lines: readonly (object | string)[]) =>
    writeFileSync(join(folder, "rates.jsonl"), lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  const fromFile = { passRates: "rates.jsonl" };

  it("leaves out what is too hard and too easy, limits included, and says why", async () => {
    const train = [0, 0.1, 0.5, 0.9, 1].flatMap((rate) => questions(`r${rate}`, 1, rate));
    expect([...(await fates(train, { minPassRate: 0.1, maxPassRate: 0.9 })).values()]).to.deep.equal([
      "pass rate 0 < 0.1",
      undefined,
      undefined,
      undefined,
      "pass rate 1 > 0.9",
    ]);
  });

  it("keeps questions without a pass rate, or drops them as told", async () => {
    const train = [...questions("known", 1, 0.5), ...questions("unknown", 1)];
    expect(await taken(train, { minPassRate: 0.1 })).to.deep.equal(["known-0", "unknown-0"]);
    expect((await fates(train, { unknown: "drop" })).get("unknown-0")).to.equal("no pass rate is known");
  });

  it("finds rates in a file, by id or by question, under any name", async () => {
    write({ id: "a-0", solve_rate: 0 }, "", { question: " question 1 of a? ", solve_rate: 1 }, { id: "a-2", solve_rate: 0.5 });
    const options = { ...fromFile, passRateField: "solve_rate", minPassRate: 0.1, maxPassRate: 0.9 };
    expect(await taken(questions("a", 4), options, folder)).to.deep.equal(["a-2", "a-3"]);
  });

  it("says how many of the file's rates are of no question", async () => {
    write({ id: "a-0", passRate: 1 }, { id: "b", passRate: 1 }, { question: "elsewhere?", passRate: 1 });
    const { warnings } = await plugged(questions("a", 1), { ...fromFile, minPassRate: 0.1 }, folder);
    expect(warnings).to.deep.equal(["2 of the 3 pass rates are of no question of this run."]);
  });

  it("refuses rates that no question has, since every question would pass", async () => {
    write({ id: "other", passRate: 1 });
    expect(await failureOf(plugged(questions("a", 3), { ...fromFile, minPassRate: 0.1 }, folder))).to.include({ code: "PASS_RATES_NONE" });
    expect((await failureOf(plugged(questions("a", 3), { minPassRate: 0.1 }))).message).to.include('the field "passRate" of the questions');
  });

  it("names every bad row of the file at once", async () => {
    write({ id: "a", passRate: 0.5 }, "{", { id: "b" }, { id: "c", passRate: 62 }, { passRate: 1 }, { id: "a", passRate: 0.5 }, "3", {
      id: "d",
      passRate: "1",
    });
    const { code, message } = await failureOf(plugged(questions("a", 1), { ...fromFile, minPassRate: 0.1 }, folder));
    expect(code).to.equal("PASS_RATES_INVALID");
    expect(message.split("\n").map((line) => line.replace(join(folder, "rates.jsonl"), "FILE"))).to.deep.equal([
      "FILE:2 is not JSON.",
      'FILE:3 has nothing in "passRate", not a number from 0 to 1.',
      'FILE:4 has 62 in "passRate", not a number from 0 to 1.',
      "FILE:5 has neither an id nor a question.",
      'FILE:6 is the second row of "a".',
      "FILE:7 is not an object.",
      'FILE:8 has "1" in "passRate", not a number from 0 to 1.',
    ]);
    expect(await failureOf(plugged([], { passRates: "nowhere.jsonl", minPassRate: 0.1 }, folder))).to.include({ code: "PASS_RATES_NOT_FOUND" });
  });

  it("names the question whose own pass rate is none", async () => {
    const train: readonly Query[] = [{ id: "q", question: "?", answers: [], meta: { passRate: "62%" } }];
    expect((await failureOf(plugged(train, { minPassRate: 0.1 }))).message).to.include('"q" has "62%" for a pass rate');
  });
});

describe("balancing by mix", () => {
  const train = [...questions("a", 60), ...questions("b", 30), ...questions("c", 10), ...questions(undefined, 4)];

  it("takes the wished shares of the largest whole there is, and drops tasks not named", async () => {
    expect(await counts(train, { mix: { a: 3, b: 1 } })).to.deep.equal({ a: 60, b: 20 });
    expect(await counts(train, { mix: { a: 1, b: 1 } })).to.deep.equal({ a: 30, b: 30 });
    expect((await fates(train, { mix: { a: 1, b: 1 } })).get("c-0")).to.equal("its task is not in the mix");
  });

  it("takes all tasks not named, and questions without one, for one group", async () => {
    expect(await counts(train, { mix: { a: 5, "*": 2 }, total: 21 })).to.satisfy((found: Record<string, number>) => {
      const { a = 0, ...others } = found;
      return a === 15 && Object.values(others).reduce((sum, n) => sum + n, 0) === 6;
    });
  });

  it("adds up to the total, fractions going to the largest remainders", () => {
    const available = new Map([
      ["a", 100],
      ["b", 100],
      ["c", 100],
    ]);
    expect([...mixed(available, { a: 1, b: 1, c: 1 }, 10).counts]).to.deep.equal([
      ["a", 4],
      ["b", 3],
      ["c", 3],
    ]);
    expect([...mixed(available, { a: 0.29, b: 0.71 }, 100).counts]).to.deep.equal([
      ["a", 29],
      ["b", 71],
    ]);
  });

  it("never takes more than there are, whatever the shares", () => {
    for (let n = 1; n < 60; n++) {
      const there = new Map([
        ["a", n],
        ["b", (n * 7) % 13],
        ["c", (n * 5) % 11],
      ]);
      const { counts: found } = mixed(there, { a: 1.7, b: 0.9, c: 0.4 }, undefined);
      for (const [group, count] of found) expect(count).to.be.at.most(there.get(group)!);
    }
  });

  it("limits every group, the total, or both", async () => {
    expect(await counts(train, { mostPerGroup: 20 })).to.deep.equal({ a: 20, b: 20, c: 10, none: 4 });
    expect(await taken(train, { total: 15 })).to.have.length(15);
    const both = await counts(train, { mostPerGroup: 10, total: 30 });
    expect(Object.values(both).reduce((sum, n) => sum + n, 0)).to.equal(30);
    expect(Math.max(...Object.values(both))).to.be.at.most(10);
  });

  it("mixes by difficulty, counting only what is in the band", async () => {
    const rated = [...questions("never", 50, 0), ...questions("hard", 20, 0.3), ...questions("medium", 20, 0.5), ...questions("easy", 40, 0.8)];
    const options: Partial<BalanceOptions> = { minPassRate: 0.01, by: "difficulty", mix: { hard: 1, medium: 2, easy: 1 } };
    expect(await counts(rated, options)).to.deep.equal({ hard: 10, medium: 20, easy: 10 });
  });

  it("takes the same questions for the same seed, others for another, and more of the same for a larger total", async () => {
    const shuffled = [...train].reverse();
    const sample = await taken(train, { total: 20 });
    expect([...(await taken(shuffled, { total: 20 }))].sort()).to.deep.equal([...sample].sort());
    expect(await taken(train, { total: 20, seed: 1 })).not.to.deep.equal(sample);
    expect(await taken(train, { total: 40 })).to.include.members([...sample]);
  });

  it("reports each group before and after, and what limits the mix", async () => {
    const rated = [...questions("a", 6, 0.5), ...questions("b", 3, 0.5), ...questions("b2", 1, 1), ...questions("c", 1)];
    const options: BalanceOptions = { ...DEFAULTS, maxPassRate: 0.9, unknown: "drop", mix: { a: 1, b: 1 } };
    expect((await balance(streamOf(rated), metaPassRates("passRate"), options)).report).to.deep.equal([
      '6 of 11 questions taken, 10 with a pass rate; more of "b" would allow more of all',
      'task "a": 6 → 3 (50%)',
      'task "b": 3 → 3 (50%)',
      'task "*": 2 → 0 (0%), left out: 1 outside 0 to 0.9, 1 without a pass rate',
    ]);
  });

  it("refuses a mix that leaves nothing, naming what stands in its way and the groups there are", async () => {
    const error = await failureOf(plugged(train, { mix: { a: 1, B: 1 } }));
    expect(error).to.include({ code: "NOTHING_LEFT" });
    expect(error.message).to.include('0 of 104 questions taken, 0 with a pass rate; more of "B" would allow more of all');
    expect(error.hint).to.include("by task there are: a, b, c, (no task).");
  });
});

describe("the balance's options", () => {
  it("that contradict each other or do nothing are refused in setup", async () => {
    const message = async (options: Partial<BalanceOptions>) => (await failureOf(plugged([], options))).message;
    expect((await message({ minPassRate: 0.9, maxPassRate: 0.1, mix: { a: 1 }, mostPerGroup: 1 })).split("\n")).to.have.length(2);
    expect(await message({})).to.include("nothing would be dropped");
    expect(await message({ by: "difficulty", mix: { trivial: 1 } })).to.include('mix names "trivial"');
  });
});

describe("balancing real questions", () => {
  const mixedFate = { sample: { some: 34, of: 50 }, whole: { some: 731, of: 1319 } };
  for (const { size, rows } of dataSets) {
    it(`drops what four recorded models always or never solved (${size})`, async () => {
      const solutions = rows<{ question: string; correct: boolean }>("gsm8k/gsm8k-calculator-models.jsonl");
      const train = [...Map.groupBy(solutions, ({ question }) => question)].map(([question, four], index) => ({
        id: `q${index}`,
        question,
        answers: [],
        meta: { passRate: four.filter(({ correct }) => correct).length / four.length },
      }));
      const left = await taken(train, { minPassRate: 0.01, maxPassRate: 0.99 });
      expect({ some: left.length, of: train.length }).to.deep.equal(mixedFate[size]);
    });
  }
});
