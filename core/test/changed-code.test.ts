import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { StopSwitch } from "../src/loop/stop-switch.ts";
import { failureOf } from "./support/failures.ts";
import { newFolder, writeIn } from "./support/presets.ts";
import { inStore, journalOf, type RunSettings, startRun, storedCalls, until } from "./support/runs.ts";

let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeIn(folder, name, text);

describe("a run whose plugin's code has changed", () => {
  const SCORER = (value: string) => `export default {
  meta: { name: "mine", apiVersion: 1, kind: "scorer", description: "Mine", options: { type: "object", additionalProperties: false, properties: {} } },
  setup(api) { api.hooks.score.tapPromise({ dimensions: { mine: { description: "mine" } } }, async (batch) => batch.map(() => ({ mine: { value: ${value} } }))); },
};`;
  const said: string[] = [];
  const observer = { incident: (who: string, what: string) => void said.push(`${who}: ${what}`) };
  beforeEach(() => {
    said.length = 0;
    write("mine.mjs", SCORER("0.25"));
  });
  const start = (settings: Partial<RunSettings> = {}) =>
    startRun({ folder, questions: 12, plugins: { mine: ["./mine.mjs"] }, observer, ...settings });

  it("is done again where it was under way, from the calls that were made", async () => {
    const journal = join(folder, "journal.jsonl");
    const stop = new StopSwitch();
    const policy = { journal, mostDelayMs: 20 };
    const work = failureOf(start({ policy, stop, rollout: { inFlight: 2 } }));
    await until(() => journalOf(journal).length > 12);
    stop.softly();
    await work;
    const [done, calls] = inStore(join(folder, "out"), (store) => [
      (store.one("SELECT count(*) n FROM queries") as { n: number }).n,
      storedCalls(join(folder, "out")),
    ]);
    expect(done).to.be.above(0);

    write("mine.mjs", SCORER("0.75"));
    said.length = 0;
    const { summary } = await start({ policy });
    expect(said.filter((line) => line.startsWith("run: "))).to.deep.equal([
      'run: plugin "mine": its code has changed; the loop is done again. Calls that were made are not made again.',
    ]);
    expect(summary.funnel.queries).to.equal(12);
    expect(journalOf(journal).length - storedCalls(join(folder, "out")), "no call was made twice").to.equal(0);
    expect(calls).to.be.above(0);
    await start({ policy });
    expect(
      said.filter((line) => line.startsWith("run: ")),
      "said once",
    ).to.have.length(1);
  });

  it("stays as it was made where it was complete, and says so", async () => {
    await start();
    const rows = () => inStore(join(folder, "out"), (store) => store.all("SELECT id, scores, fate FROM trajectories ORDER BY position, ordinal"));
    const before = rows();
    write("mine.mjs", SCORER("0.75"));
    await start();
    expect(said).to.deep.equal(['run: plugin "mine": its code has changed; the loop is complete, and stays as it was made.']);
    expect(rows()).to.deep.equal(before);
  });

  it("asks a local tool or policy anew for what the old code has answered", async () => {
    const asked = join(folder, "asked");
    const TOOL = (answer: string) => `import { appendFileSync } from "node:fs";
export default {
  meta: { name: "plus", apiVersion: 1, kind: "tool", description: "Adds", options: { type: "object", additionalProperties: false, properties: {} } },
  setup(api) {
    const token = { key: Symbol.for("autotraj:tool"), name: "tool", many: true };
    api.provide(token, {
      definition: { name: "add", description: "Adds.", parameters: { type: "object", properties: { numbers: { type: "string" } } }, tag: { name: "add", argument: "numbers" } },
      identity: "plus 1",
      call: async () => { appendFileSync(${JSON.stringify(asked)}, "${answer} "); return { content: "${answer}", ok: true, durationMs: 0 }; },
    });
  },
};`;
    write("plus.mjs", TOOL("7"));
    // Shared between runs: the same questions, asked by the same policy.
    const settings = { plugins: { plus: ["./plus.mjs"] }, run: { cache: "shared" } } as const;
    const timesAsked = () => journalLength(asked);
    await start({ ...settings, out: "one" });
    const first = timesAsked();
    expect(first).to.be.above(0);
    await start({ ...settings, out: "two" });
    expect(timesAsked(), "the same code is not asked again").to.equal(first);
    write("plus.mjs", TOOL("8"));
    await start({ ...settings, out: "three" });
    expect(timesAsked(), "other code is").to.be.above(first);
  });
});

function journalLength(file: string): number {
  return readFileSync(file, "utf8").split(" ").length - 1;
}

describe("what a run depends on outside its files", () => {
  it("is what plugins found, and how tools call themselves", async () => {
    const said: string[] = [];
    const observer = { incident: (who: string, what: string) => void said.push(`${who}: ${what}`) };
    const finder = (found: string) => `export default {
  meta: { name: "finder", apiVersion: 1, kind: "format", description: "Finds", options: { type: "object", additionalProperties: false, properties: {} } },
  setup(api) { api.onStart(async () => api.found("weights", process.env.FOUND_${found})); },
};`;
    write("finder.mjs", finder("NOW"));
    const plugins = { finder: ["./finder.mjs"] } as const;
    process.env["FOUND_NOW"] = "v1";
    await startRun({ folder, questions: 4, plugins, observer });
    const recorded = inStore(join(folder, "out"), (store) => JSON.parse(store.meta("surroundings") ?? ""));
    expect(recorded.finder).to.deep.equal({ weights: "v1" });
    expect(recorded.plus).to.deep.equal({ identity: "adder 1", description: "Adds two numbers." });
    // As if it had been stopped before its last question.
    const database = new DatabaseSync(join(folder, "out", "run.db"));
    database.exec("DELETE FROM queries WHERE position = 3; DELETE FROM meta WHERE key = 'finished'");
    database.close();
    process.env["FOUND_NOW"] = "v2";
    await startRun({ folder, questions: 4, plugins, observer });
    delete process.env["FOUND_NOW"];
    expect(said).to.deep.equal(["finder: its weights is another than when the run was last worked on: v1 then, v2 now"]);
  });
});
