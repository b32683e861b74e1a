/** `autotraj plugin test` in a folder of a stranger's: files and packages of every make, and what it prints of those that are wrong. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ConformanceReport } from "@autotraj/testkit";
import { expect } from "chai";
import { inThisProcess } from "./in-this-process.ts";

const META = (name: string, properties = "{}") =>
  `{ name: "${name}", apiVersion: 1, kind: "scorer", description: "short answers score high", options: { type: "object", additionalProperties: false, properties: ${properties} } }`;
const LONGEST = '{ longest: { type: "integer", minimum: 1, default: 20, description: "Characters." } }';
const SETUP = `setup(api, { longest }) {
    console.log("a word of the plugin's");
    api.hooks.score.tapPromise({ dimensions: { brevity: { description: "the answer is short" } } }, async (batch) =>
      batch.map(({ trajectory }) => ({ brevity: { value: Math.max(0, 1 - (trajectory.answer ?? "").length / longest) } })));
  }`;

const FILES: Readonly<Record<string, string>> = {
  "good.mjs": `export default { meta: ${META("good", LONGEST)}, ${SETUP} };`,
  "common.cjs": `module.exports = { meta: ${META("common", LONGEST)}, ${SETUP} };`,
  "wrapped.cjs": `Object.defineProperty(exports, "__esModule", { value: true });\nexports.default = { meta: ${META("wrapped", LONGEST)}, ${SETUP} };`,
  "typed.ts": `import { definePlugin } from "@autotraj/core/plugin";\nexport default definePlugin<{ longest: number }>({ meta: ${META("typed", LONGEST)}, ${SETUP} });`,
  "busy.mjs": `export default { meta: ${META("busy")}, setup(api) {
    api.hooks.score.tapPromise({ dimensions: { luck: { description: "luck" } } }, async () => { for (;;); });
  } };`,
  "exits.mjs": `export default { meta: ${META("exits")}, setup() { process.exit(7); } };`,
  "waits.ts": `import { definePlugin, PYTHON } from "@autotraj/core/plugin";
  export default definePlugin({ meta: { ...${META("waits")}, requires: [PYTHON] }, setup(api) {
    const python = api.use(PYTHON);
    api.hooks.score.tapPromise({ dimensions: { luck: { description: "luck" } } }, async (batch) => {
      await python.ensure("demo", ["./nowhere-1.0-py3-none-any.whl"]);
      return batch.map(() => ({ luck: { value: 1 } }));
    });
  } });`,
  "broken.mjs": "export default { meta: {",
  "none.mjs": "export const nothing = 1;",
  "many.mjs": `export default { meta: ${META("many")}, setup(api) {
    api.hooks.score.tapPromise({ dimensions: { luck: { description: "luck" } } }, async (batch) => batch.slice(1).map(() => ({ luck: { value: 1 } })));
  } };`,
  "cases.mjs": 'export default { timeLimitMs: 100, except: { "withstands what models write": "nothing of it is written by models" } };',
  "options.json": '{ "longest": 0 }',
  "package/package.json": '{ "name": "autotraj-scorer-packed", "version": "2.1.0", "type": "module", "exports": "./index.js" }',
  "package/index.js": `export default { meta: ${META("autotraj-scorer-packed", LONGEST)}, ${SETUP} };`,
  "older/package.json": '{ "name": "autotraj-scorer-older", "version": "1.0.0", "main": "lib/main.js" }',
  "older/lib/main.js": `module.exports = { meta: ${META("autotraj-scorer-older", LONGEST)}, ${SETUP} };`,
};

describe("autotraj plugin test", () => {
  let folder: string;
  before(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-plugin-test-")));
    for (const [name, content] of Object.entries(FILES)) {
      mkdirSync(join(folder, name, ".."), { recursive: true });
      writeFileSync(join(folder, name), content);
    }
  });
  after(() => rmSync(folder, { recursive: true }));

  const test = (...args: string[]) => inThisProcess(["plugin", "test", ...args], folder);
  const reported = async (...args: string[]) => {
    const { stdout, code } = await test(...args, "--json");
    return { code, ...(JSON.parse(stdout) as ConformanceReport & { readonly version?: string; readonly notes: readonly string[] }) };
  };

  it("says what is installed for a plugin, which may take minutes", async () => {
    const before = process.env["AUTOTRAJ_CACHE"];
    process.env["AUTOTRAJ_CACHE"] = join(folder, "cache");
    try {
      const { stdout, stderr } = await test("./waits.ts");
      expect(stderr).to.contain("the Python environment demo is installed, once for this machine: 1 package");
      expect(stdout.replaceAll(/\s+/g, " ")).to.contain("the environment demo could not be made");
    } finally {
      if (before === undefined) delete process.env["AUTOTRAJ_CACHE"];
      else process.env["AUTOTRAJ_CACHE"] = before;
    }
  });

  for (const [what, name] of [
    ["./good.mjs", "good"],
    ["common.cjs", "common"],
    ["wrapped.cjs", "wrapped"],
    ["./typed.ts", "typed"],
    ["package", "autotraj-scorer-packed"],
    ["./older", "autotraj-scorer-older"],
    ["@autotraj/tool-calculator", "@autotraj/tool-calculator"],
  ] as const) {
    it(`tries ${what}`, async () => {
      const { code, ok, plugin, results } = await reported(what);
      expect(results.filter(({ outcome }) => outcome === "failed")).to.deep.equal([]);
      expect({ code, ok, plugin }).to.deep.equal({ code: 0, ok: true, plugin: name });
    });
  }

  it("says of a file with no packages beside it whose core it was tried with", async () => {
    expect((await reported("typed.ts")).notes).to.deep.equal([
      "@autotraj/core/plugin is not installed beside it: tried with the one of this command.",
    ]);
  });

  it("prints what failed in 80 columns, without a stack, and ends with 1", async () => {
    const { code, stdout } = await test("many.mjs");
    expect(code).to.equal(1);
    expect(stdout.split("\n").filter((line) => line.length > 80)).to.deep.equal([]);
    expect(stdout).not.to.match(/^\s+at \w/m);
    expect(stdout).to.contain(`FAILED    gives one answer for each item
          its tap of "score", question "What is 6 * 7?": it gives 2 rows for 3
          trajectories

It does not conform: 11 passed, 1 failed, 11 skipped.
`);
    expect(stdout).to.contain('not run, because "gives one answer for each item" failed');
  });

  it("keeps what a plugin prints out of its report", async () => {
    const { stdout, stderr } = await test("good.mjs");
    expect(stdout)
      .to.match(/^good \(scorer\)\n\npassed {4}says what it is, /)
      .and.to.match(/\n\nIt conforms: 23 passed, 0 failed, 0 skipped\.\n$/);
    expect(stderr).to.contain("a word of the plugin's");
  });

  for (const [file, check, reason] of [
    ["busy.mjs", "answers in time", "it holds the processor for more than 5.1 s, where no time limit can end it"],
    ["exits.mjs", "is set up with its options", "the process has ended (code 7): a plugin leaves that to the command that runs it"],
    ["broken.mjs", "can be loaded", "Unexpected end of input"],
    ["none.mjs", "can be loaded", "its file has no default export"],
  ] as const) {
    it(`names what is wrong with ${file}`, async () => {
      const { code, ok, results } = await reported(file, "--cases", "cases.mjs");
      const failed = results.filter(({ outcome }) => outcome === "failed");
      expect(failed.map(({ name }) => name)).to.deep.equal([check]);
      expect(failed[0]?.reason).to.contain(reason);
      expect({ code, ok }).to.deep.equal({ code: 1, ok: false });
    });
  }

  it("takes options from the command line and from a file, and cases from a module", async () => {
    const refused = await reported("good.mjs", "--options", "options.json");
    expect(refused.results.find(({ outcome }) => outcome === "failed")?.reason).to.equal("options.longest must be at least 1, but is 0.");
    const { results } = await reported("good.mjs", "--options", '{ "longest": 5 }', "--cases", "./cases.mjs");
    expect(results.filter(({ outcome }) => outcome !== "passed")).to.deep.equal([
      { name: "withstands what models write", group: "answers", outcome: "skipped", reason: "nothing of it is written by models" },
    ]);
  });

  it("says what cannot be meant, and ends with 2", async () => {
    for (const [args, said] of [
      [[], "no plugin is named."],
      [["./nowhere.mjs"], `there is no file or folder ${join(folder, "nowhere.mjs")}.`],
      [["good.mjs", "--options", "[1]"], "--options [1]: there is no such file."],
      [["good.mjs", "--cases", "none.mjs"], "has no cases as its default export"],
    ] as const) {
      const { code, stderr, stdout } = await test(...args);
      expect({ code, stdout }, said).to.deep.equal({ code: 2, stdout: "" });
      expect(stderr).to.contain("[ATRAJ_USAGE] plugin test: ").and.contain(said);
    }
  });
});
