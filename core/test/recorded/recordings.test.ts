import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type ResolvedPreset, resolvePreset } from "../../src/config/preset/index.ts";
import type { JsonObject } from "../../src/kernel/plugin.ts";
import { type RunResult, run } from "../../src/run/run.ts";
import { failureOf } from "../support/failures.ts";
import { type Entry, fixture } from "../support/presets.ts";
import { datasetsOf, inStore, plugins, rowsOf } from "../support/runs.ts";

const entryOf = ([use, options = {}]: Entry) => ({ use, options });

describe("recorded logs", () => {
  let folder: string;
  const incidents: string[] = [];
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-recorded-")));
    incidents.length = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const sum = (a: number, b: number, answer: number, more: JsonObject = {}): JsonObject => ({
    question: `What is ${a} + ${b}?`,
    gold: a + b,
    answer,
    ...more,
  });
  const jsonl = (name: string, rows: readonly unknown[]) =>
    writeFileSync(join(folder, name), rows.map((row) => `${typeof row === "string" ? row : JSON.stringify(row)}\n`).join(""));

  async function clean(files: readonly string[], settings: JsonObject = {}, out = "out", limit?: number): Promise<RunResult> {
    const { student, plus, fix, ...others } = plugins();
    const entries = settings["repair"] === false ? others : { student, plus, ...others, fix };
    const preset = {
      queries: { recorded: files.map((file) => ({ file, format: "logs" })), ...(settings["queries"] as JsonObject | undefined) },
      rollout: { wave: 4 },
      ...(settings["stages"] === undefined ? {} : { stages: settings["stages"] }),
      plugins: Object.fromEntries(
        [...Object.entries(entries), ["logs", [fixture("log-format")]], ["trainer", [fixture("pretend-trainer")]]].map(([id, entry]) => [
          id,
          entryOf(entry as Entry),
        ]),
      ),
    };
    writeFileSync(join(folder, "demo.json"), JSON.stringify(preset));
    return runPreset(await resolvePreset("./demo.json", { cwd: folder }), out, limit);
  }

  function runPreset(preset: ResolvedPreset, out: string, limit: number | undefined): Promise<RunResult> {
    return run({
      preset,
      asked: { ref: preset.file, cwd: folder, set: [], ...(limit === undefined ? {} : { limit }) },
      runDir: join(folder, out),
      cacheDir: join(folder, "cache"),
      observer: { incident: (who, what) => incidents.push(`${who}: ${what}`) },
    });
  }

  it("become the candidates of their questions, wherever they stand; no policy is needed", async () => {
    jsonl("a.jsonl", [sum(1, 2, 3), sum(4, 4, 9), sum(1, 2, 4)]);
    jsonl("b.jsonl", [sum(4, 4, 8, { source: "b" }), sum(1, 2, 5)]);
    const { summary } = await clean(["a.jsonl", "b.jsonl"], { repair: false });
    expect(summary.funnel).to.include({ queries: 2, candidates: 5, kept: 2, hard: 3 });
    const sft = rowsOf(datasetsOf(join(folder, "out")).sft);
    expect(sft.map(({ answer, query, provenance }) => [query.id, answer, provenance.candidate, provenance.notes?.source])).to.deep.equal([
      ["row-0", "3", 0, undefined],
      ["row-1", "8", 1, "b"],
    ]);
    expect(readdirSync(join(folder, "out")).filter((name) => name.startsWith("recordings"))).to.deep.equal([]);
  });

  it("are repaired like any other candidate, and pairs name the recording", async () => {
    jsonl("a.jsonl", [sum(1, 2, 3), sum(3, 5, 9)]);
    const { summary } = await clean(["a.jsonl"]);
    expect(summary.funnel).to.include({ kept: 1, toRepair: 1, repaired: 1, pairs: 1 });
    const [pair] = rowsOf(datasetsOf(join(folder, "out")).preferences);
    expect(pair.rejected.provenance.origin).to.equal("recorded");
    expect(pair.chosen.provenance).to.include({ origin: "repair", parent: pair.rejected.id });
  });

  it("are read from JSON arrays, single documents, rows of several runs, and text that the format splits", async () => {
    writeFileSync(join(folder, "array.json"), JSON.stringify([sum(1, 1, 2), sum(2, 2, 4)]));
    writeFileSync(join(folder, "one.json"), JSON.stringify({ ...sum(3, 3, 0), runs: [{ answer: 6 }, { answer: 7 }] }));
    writeFileSync(join(folder, "plain.log"), "What is 5 + 5? | 10 | 10\nWhat is 6 + 6? | 12 | 13\n");
    const { summary } = await clean(["array.json", "one.json", "plain.log"], { repair: false });
    expect(summary.funnel).to.include({ queries: 5, candidates: 6, kept: 4 });
  });

  it("whose calls and results cannot be paired are not learnt from, whatever the gate says, unless the preset says so", async () => {
    jsonl("a.jsonl", [sum(1, 2, 3, { calls: ["seen", null] }), sum(4, 4, 8, { calls: ["seen"] })]);
    const { summary } = await clean(["a.jsonl"], { repair: false });
    expect(summary.funnel).to.include({ kept: 1, discarded: 1, sft: 1 });
    const discarded = inStore(join(folder, "out"), (store) => [...store.trajectories(["discarded"])]);
    expect(discarded.map(({ verdict }) => [verdict?.by, verdict?.cause, verdict?.reason])).to.deep.equal([
      ["queries.unpaired", "unpaired", "not to be learnt from: turn 4, the call call-1 of look has no result"],
    ]);
    const { summary: all } = await clean(["a.jsonl"], { repair: false, queries: { unpaired: "keep" } }, "all");
    expect(all.funnel).to.include({ kept: 2, discarded: 0 });
  });

  it("end with the model where they are trained on; the data set keeps what others said after it", async () => {
    jsonl(
      "a.jsonl",
      Array.from({ length: 8 }, (_, n) => sum(n, 1, n + 1, { after: "Thanks!" })),
    );
    await clean(["a.jsonl"], { repair: false, stages: { sft: { model: "base", heldOut: 0 } } });
    const roles = (text: string) => new Set(rowsOf(text).map(({ messages }) => messages.map(({ role }: { role: string }) => role).join(" ")));
    expect(roles(datasetsOf(join(folder, "out")).sft)).to.have.all.keys("user assistant user");
    expect(roles(readFileSync(join(folder, "out/models/sft/data/train.jsonl"), "utf8"))).to.have.all.keys("user assistant");
  });

  it("have failed results by a preset's own signs too, and end with the tools it names", async () => {
    jsonl("a.jsonl", [sum(1, 2, 3, { calls: ["OOPS", "fine"] })]);
    const okIn = (out: string) =>
      rowsOf(datasetsOf(join(folder, out)).sft).flatMap(({ messages }) =>
        messages.flatMap((one: { ok?: boolean }) => (one.ok === undefined ? [] : [one.ok])),
      );
    await clean(["a.jsonl"], { repair: false });
    expect(okIn("out")).to.deep.equal([true, true]);
    await clean(["a.jsonl"], { repair: false, queries: { failedResults: ["^OOPS"] } }, "more");
    expect(okIn("more")).to.deep.equal([false, true]);
    const error = await failureOf(clean(["a.jsonl"], { repair: false, queries: { failedResults: ["("] } }, "bad"));
    expect(error.message).to.contain("queries.failedResults[0] is no regular expression");
  });

  it("are candidates of one question where a named field is the same", async () => {
    jsonl("a.jsonl", [sum(1, 2, 3, { meta: { task: "t" } }), sum(4, 4, 9, { meta: { task: "t" } })]);
    const recorded = [{ file: "a.jsonl", format: "logs", groupBy: "meta.task" }];
    const { summary } = await clean([], { repair: false, queries: { recorded } });
    expect(summary.funnel).to.include({ queries: 1, candidates: 2 });
  });

  it("need no format where one of the preset's knows the rows", async () => {
    jsonl("a.jsonl", [sum(1, 2, 3)]);
    const { summary } = await clean([], { repair: false, queries: { recorded: [{ file: "a.jsonl" }] } });
    expect(summary.funnel).to.include({ kept: 1 });
  });

  it("keep questions apart that share an id, and rows with other gold answers", async () => {
    jsonl("a.jsonl", [sum(1, 2, 3, { id: "x" }), sum(2, 2, 4, { id: "x" }), { ...sum(1, 2, 4, { id: "x" }), gold: 4 }]);
    const { summary } = await clean(["a.jsonl"], { repair: false });
    expect(summary.funnel).to.include({ queries: 3, kept: 3 });
    const ids = rowsOf(datasetsOf(join(folder, "out")).sft).map(({ query }) => query.id);
    expect(ids[0]).to.equal("x");
    expect(ids.slice(1).every((id) => /^x~[0-9a-f]{8}$/.test(id))).to.equal(true);
    expect(new Set(ids).size).to.equal(3);
  });

  it("that repeat each other are taken once, and that is said", async () => {
    jsonl("a.jsonl", [sum(1, 2, 3), sum(1, 2, 3, { id: "again", source: "elsewhere" }), sum(1, 2, 3, { said: "It is " })]);
    const { summary } = await clean(["a.jsonl"], { repair: false });
    expect(summary.funnel.candidates).to.equal(2);
    expect(incidents).to.deep.equal(["queries.recorded: 1 of 3 rows repeat another row of the same question and are left out."]);
  });

  it("with rows that cannot be read are refused with file, line and reason, or cleaned without them where the preset says so", async () => {
    jsonl("a.jsonl", [sum(1, 2, 3), "{broken", { gold: 3 }]);
    const error = await failureOf(clean(["a.jsonl"], { repair: false }));
    expect(error.message.replaceAll(folder, "")).to.match(
      /^\[ATRAJ_ROWS_INVALID\] queries\.recorded: 2 of 3 rows cannot be read\.\n {2}not JSON: .* \(\/a\.jsonl:2\)\n {2}question is missing\. \(\/a\.jsonl:3\)\n {2}Correct them/,
    );
    expect(readdirSync(join(folder, "out")).filter((name) => name.startsWith("recordings"))).to.deep.equal([]);
    const { summary } = await clean(["a.jsonl"], { repair: false, queries: { skipBad: true } });
    expect(summary.funnel.candidates).to.equal(1);
    expect(incidents).to.deep.equal(["queries.recorded: 2 of 3 rows cannot be read and are left out."]);
  });

  it("go on where a run was cut off, and give the same bytes; other logs in the same folder are refused", async () => {
    jsonl(
      "a.jsonl",
      Array.from({ length: 30 }, (_, n) => sum(n, 1, n + 1 + (n % 3 === 0 ? 1 : 0))),
    );
    await clean(["a.jsonl"], {}, "whole");
    await clean(["a.jsonl"], {}, "limited", 11);
    expect((await failureOf(clean(["a.jsonl"], {}, "limited"))).code).to.equal("ATRAJ_RUN_MISMATCH");
    const again = await clean(["a.jsonl"], {}, "whole");
    expect(again.summary.funnel.candidates).to.equal(30);
    await clean(["a.jsonl"], {}, "second");
    expect(datasetsOf(join(folder, "second"))).to.deep.equal(datasetsOf(join(folder, "whole")));
    jsonl("a.jsonl", [sum(1, 2, 3)]);
    expect((await failureOf(clean(["a.jsonl"], {}, "whole"))).code).to.equal("ATRAJ_RUN_MISMATCH");
  });

  it("go before questions to roll out, and a missing file is named", async () => {
    jsonl("a.jsonl", [sum(1, 2, 3)]);
    expect((await clean(["a.jsonl"], { queries: { train: "nowhere.jsonl" } })).summary.funnel.candidates).to.equal(1);
    expect((await failureOf(clean(["missing.jsonl"]))).message).to.contain("missing.jsonl: there is no such file.");
  });

  it("leave what the store knows of the recording whole", async () => {
    jsonl("a.jsonl", [sum(1, 2, 3, { source: "kept as it was" })]);
    await clean(["a.jsonl"], { repair: false });
    const stored = inStore(join(folder, "out"), (store) => [...store.trajectories(["kept"])]);
    expect(stored[0]?.trajectory.provenance).to.deep.equal({ origin: "recorded", notes: { source: "kept as it was" }, candidate: 0 });
  });
});
