/** The code of docs/guide, run as it stands there. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify, stripVTControlCharacters } from "node:util";
import { expect } from "chai";
import { startFakeOpenAI } from "../fake-openai/server.ts";
import { writeDemo } from "./demo.ts";
import { inThisProcess } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

const GUIDE = resolve(import.meta.dirname, "../../docs/guide");

/** The blocks of one language on a page. Packages are found from here, whatever folder the code is written to. */
function codeOf(page: string, language: string): readonly string[] {
  const text = readFileSync(join(GUIDE, page), "utf8");
  const blocks = [...text.matchAll(new RegExp(`^\`\`\`${language}(?: \\S+)?\n(.*?)^\`\`\`$`, "gms"))].map(([, code = ""]) => code);
  return blocks.map((code) => code.replace(/(?<= from )"(@autotraj\/[^"]+)"/g, (_, name: string) => JSON.stringify(import.meta.resolve(name))));
}

const linesOf = (file: string) => readFileSync(file, "utf8").split("\n").filter(Boolean);

describe("the guide's", () => {
  let folder: string;
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  describe("stage of your own", () => {
    beforeEach(() => {
      const [stage = ""] = codeOf("stages.md", "js");
      const [preset = ""] = codeOf("stages.md", "yaml");
      writeFileSync(join(folder, "shortest.js"), stage);
      writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
      writeDemo(folder);
      writeFileSync(join(folder, "mine.yaml"), `extends: ./demo.json\n${preset}`);
    });
    const run = (...set: readonly string[]) => inThisProcess(["run", "mine.yaml", "--out", "out", ...set.flatMap((one) => ["--set", one])], folder);
    const rows = () => linesOf(join(folder, "out", "stages", "shortest", "rows.jsonl")).map((row) => JSON.parse(row).query.id as string);

    it("leaves the shortest row of each question, and is done again where its setting changes", async () => {
      expect((await run()).code).to.equal(0);
      const all = linesOf(join(folder, "out", "datasets", "sft.jsonl")).map((row) => JSON.parse(row).query.id as string);
      expect(all).to.have.length.greaterThan(new Set(all).size);
      expect(rows().sort()).to.deep.equal([...new Set(all)].sort());
      const again = await run("stages.shortest.perQuestion=2");
      expect(again.stderr).to.contain("stage shortest is done again: the setting perQuestion changed.");
      expect(rows().sort()).to.deep.equal(all.sort());
    });

    it("has its settings checked with file and line, and shown", async () => {
      const wrong = await run("stages.shortest.perQuestion=0");
      expect([wrong.code, existsSync(join(folder, "out"))]).to.deep.equal([2, false]);
      expect(wrong.stderr).to.contain("stages.shortest.perQuestion must be at least 1, but is 0. (--set stages.shortest.perQuestion)");
      const { stdout } = await inThisProcess(["plugin", "info", "./shortest.js"], folder);
      expect(stdout).to.contain("  perQuestion: integer, ≥ 1 (default 1)\n      Rows of a question, at most.\n");
    });
  });

  describe("scorer that is tried", () => {
    beforeEach(() => {
      const [scorer = "", test = ""] = codeOf("conformance.md", "js");
      writeFileSync(join(folder, "shortest.js"), scorer);
      writeFileSync(join(folder, "shortest.test.js"), test);
      writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    });

    it("conforms, by the command and by the tests of its own", async () => {
      const { code, stdout } = await inThisProcess(["plugin", "test", "./shortest.js", "--options", '{ "longest": 10 }'], folder);
      expect(code, stdout).to.equal(0);
      const { NODE_TEST_CONTEXT: _context, ...env } = process.env;
      const tests = await promisify(execFile)(process.execPath, ["--test", "--test-reporter", "tap", "shortest.test.js"], { cwd: folder, env });
      expect(tests.stdout).to.contain("# fail 0").and.to.contain("ok 1 - autotraj-scorer-shortest conforms");
    });
  });

  it("run from a program leaves a folder like any other, and its session can be asked", async () => {
    const server = await startFakeOpenAI({
      answer: ({ body }) => (String(body.prompt).endsWith("assistant\n") ? "<calculator>6*7</calculator>" : "<answer>\\boxed{42}</answer>"),
    });
    try {
      const program = codeOf("program.md", "js").join("\n").replace("http://127.0.0.1:8000/v1", server.baseURL);
      writeFileSync(join(folder, "program.mjs"), program);
      const { stdout } = await promisify(execFile)(process.execPath, ["--disable-warning=ExperimentalWarning", "program.mjs"], { cwd: folder });
      expect(stripVTControlCharacters(stdout))
        .to.contain("candidates: 4")
        .and.to.contain("runs/demo/datasets/sft.jsonl")
        .and.to.contain("qwen3-8b")
        .and.to.contain("correctness");
      expect(linesOf(join(folder, "runs/demo/datasets/sft.jsonl")).length).to.be.greaterThan(0);
      expect((await inThisProcess(["stats", "runs/demo"], folder)).code).to.equal(0);
    } finally {
      await server.close();
    }
  });
});
