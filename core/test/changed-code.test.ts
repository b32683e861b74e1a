import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { localCode } from "../src/plugin-code.ts";
import { recordSurroundings } from "../src/run-identity.ts";
import { StopSwitch } from "../src/stop.ts";
import { failureOf } from "./support/failures.ts";
import { newFolder } from "./support/presets.ts";
import { inStore, journalOf, type RunSettings, startRun, storedCalls, until } from "./support/runs.ts";

let folder: string;
beforeEach(() => {
  folder = newFolder();
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(folder, name);
  mkdirSync(join(file, ".."), { recursive: true });
  writeFileSync(file, text);
  return file;
}

describe("the code of a plugin", () => {
  const codeOf = (file: string) => localCode(pathToFileURL(file).href);

  it("is its content and that of the files it names, wherever the folder lies", async () => {
    const text = 'import { a } from "./a.mjs";\nconst driver = new URL("./driver.py", import.meta.url);\n';
    for (const place of ["one", "two"]) {
      write(`${place}/mine.mjs`, text);
      write(`${place}/a.mjs`, 'export const a = (await import("./sub/b.mjs")).default;');
      write(`${place}/sub/b.mjs`, "export default 1;");
      write(`${place}/driver.py`, "print(1)");
      write(`${place}/unrelated.mjs`, place);
    }
    const code = await codeOf(join(folder, "one/mine.mjs"));
    expect(code).to.match(/^sha256:[0-9a-f]{16}$/);
    expect(await codeOf(join(folder, "two/mine.mjs"))).to.equal(code);
    for (const [name, changed] of [
      ["mine.mjs", `${text}//`],
      ["a.mjs", "export const a = 2;"],
      ["driver.py", "print(2)"],
    ] as const) {
      write(`two/${name}`, changed);
      expect(await codeOf(join(folder, "two/mine.mjs")), name).not.to.equal(code);
      write(`two/${name}`, name === "mine.mjs" ? text : name === "a.mjs" ? 'export const a = (await import("./sub/b.mjs")).default;' : "print(1)");
      expect(await codeOf(join(folder, "two/mine.mjs")), name).to.equal(code);
    }
    write("two/sub/b.mjs", "export default 2;");
    expect(await codeOf(join(folder, "two/mine.mjs"))).not.to.equal(code);
  });

  it("knows what CommonJS requires without an ending, and files that name each other", async () => {
    const main = write("main.cjs", 'const helper = require("./helper");\nrequire("./missing");');
    write("helper.js", 'require("./main.cjs"); require("./list"); module.exports = 1;');
    write("list/index.js", "module.exports = [];");
    const code = await codeOf(main);
    write("list/index.js", "module.exports = [1];");
    expect(await codeOf(main)).not.to.equal(code);
  });

  it("is also all that lies in a folder of programs in other languages, or in one whose files it names by names worked out", async () => {
    const main = write(
      "dist/main.mjs",
      "const a = new URL('../python/run.py', import.meta.url); const b = new URL(`../words/$" + "{name}`, import.meta.url);",
    );
    write("python/run.py", "import frames");
    write("words/de.txt", "ja");
    let before = await codeOf(main);
    for (const name of ["python/frames.py", "python/deep/more.py", "words/en.txt"]) {
      for (const text of ["1", "2"]) {
        write(name, text);
        const code = await codeOf(main);
        expect(code, name).not.to.equal(before);
        before = code;
      }
    }
    write("python/__pycache__/run.pyc", "x");
    write("unrelated.txt", "x");
    expect(await codeOf(main)).to.equal(before);
  });

  it("is not all that lies around it, where it names the folder that it lies in", async () => {
    const main = write("here/main.mjs", 'new URL(".", import.meta.url); new URL("../", import.meta.url); new URL("./notes.txt", import.meta.url);');
    write("here/notes.txt", "x");
    const before = await codeOf(main);
    write("here/runs/run.db", "x");
    expect(await codeOf(main)).to.equal(before);
    write("here/notes.txt", "y");
    expect(await codeOf(main)).not.to.equal(before);
  });

  it("is the version where it is an installed package", async () => {
    expect(await codeOf(write("node_modules/autotraj-x/index.mjs", "export default {};"))).to.equal(undefined);
  });
});

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
      'run: plugin "mine": its code has changed; stage 1 is done again. Calls that were made are not made again.',
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
    expect(said).to.deep.equal(['run: plugin "mine": its code has changed; stage 1 is complete, and stays as it was made.']);
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
  it("is recorded, and a difference is said when it goes on", () => {
    const meta = new Map<string, string>();
    const store = { meta: (key: string) => meta.get(key), setMeta: (key: string, value: string) => void meta.set(key, value) };
    const said: string[] = [];
    const record = (facts: Record<string, string>) => recordSurroundings(store, { python: facts }, (who, what) => said.push(`${who}: ${what}`));
    record({ sandbox: "bwrap", packages: "numpy, scipy, sympy" });
    record({ sandbox: "bwrap", packages: "numpy, scipy, sympy" });
    expect(said).to.deep.equal([]);
    record({ sandbox: "pyodide", packages: "numpy, pandas, sympy" });
    expect(said).to.deep.equal([
      "python: its sandbox is another than when the run was last worked on: bwrap then, pyodide now",
      "python: its packages is another than when the run was last worked on: −scipy +pandas",
    ]);
  });

  it("is what plugins found, and how tools call themselves", async () => {
    const said: string[] = [];
    const observer = { incident: (who: string, what: string) => void said.push(`${who}: ${what}`) };
    const finder = (found: string) => `export default {
  meta: { name: "finder", apiVersion: 1, kind: "tracker", description: "Finds", options: { type: "object", additionalProperties: false, properties: {} } },
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
