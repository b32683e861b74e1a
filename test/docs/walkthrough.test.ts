/** The tutorial and the how-to pages, command by command as they stand there, with the pages' own files; a scripted endpoint writes in place of the models. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { expect } from "chai";
import { type FakeCall, type FakeServer, startFakeOpenAI } from "../fake-openai/server.ts";
import { writeDemo } from "../integration/demo.ts";
import { inThisProcess } from "../integration/in-this-process.ts";
import { commandLines } from "./command-lines.ts";
import { type Block, contentOf, pages, ROOT, titleOf, WORK } from "./pages.ts";

const WALKED = /^docs\/(?:tutorial|how-to\/[\w-]+)\.md$/;
/** The endpoint takes the place of the page's models where these are asked. */
const ASKS_MODELS = /^autotraj run (?!clean-logs)/;
/** Variables that pages name. */
const ENVIRONMENT = ["POLICY_URL", "TEACHER_URL", "AZURE_URL", "OPENAI_API_KEY", "AZURE_KEY"];

/** Calculates with Python what looks like arithmetic, and knows no other answer. */
function calculate({ path, body }: FakeCall): string {
  const text = path.endsWith("/chat/completions") ? JSON.stringify(body.messages) : String(body.prompt);
  const question = text.slice(text.lastIndexOf("<|im_start|>user"));
  const [expression = ""] = /\d+(?: [-+*] \d+)+/.exec(question) ?? [];
  const result = /<result>\s*(\S+)\s*<\/result>/.exec(question)?.[1];
  if (expression === "" || result !== undefined) return `<think>That is it.</think>\n<answer>\\boxed{${result ?? "unknown"}}</answer>`;
  return `<think>I calculate it.</think>\n<code>print(${expression})</code>`;
}

/** As a shell splits what is on pages: quotes hold words together. */
function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, single, double, bare]) => single ?? double ?? bare ?? "");
}

const rows = (file: string): readonly Record<string, unknown>[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe("the page", () => {
  let folder: string;
  let server: FakeServer;
  before(async () => {
    server = await startFakeOpenAI({ answer: calculate });
    for (const name of ENVIRONMENT) process.env[name] = name.endsWith("_URL") ? server.baseURL : "a key of these tests";
    mkdirSync(WORK, { recursive: true });
  });
  after(async () => {
    for (const name of ENVIRONMENT) delete process.env[name];
    await server.close();
  });
  beforeEach(() => {
    folder = mkdtempSync(join(WORK, "walk-"));
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "questions.jsonl"), '{"question": "What is 17 + 26?", "answer": "43"}\n');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const writeFiles = (blocks: readonly Block[]) => {
    for (const block of blocks) if (block.file !== undefined) writeFileSync(join(folder, block.file), contentOf(block));
  };
  const endpoint = () => [
    "plugins.student.use=@autotraj/policy-openai",
    `plugins.student.options={model: scripted, baseURL: "${server.baseURL}", maxRetries: 0}`,
  ];
  const walk = async (text: string) => {
    const args = wordsOf(text).slice(1);
    const set = ASKS_MODELS.test(text) ? endpoint().flatMap((setting) => ["--set", setting]) : [];
    const { code, stderr, stdout } = await inThisProcess([...args, ...set], folder);
    expect(code, `${text}\n${stdout}${stderr}`).to.equal(0);
    return stdout;
  };

  for (const { path, blocks } of pages.filter((page) => WALKED.test(page.path))) {
    const lines = commandLines(blocks.filter(({ notRun }) => notRun === undefined)).filter(({ text }) => text.startsWith("autotraj "));
    if (lines.length === 0) continue;
    it(`${path} can be walked through: ${lines.length} commands`, async () => {
      writeFiles(blocks);
      for (const { block, text } of lines) {
        try {
          await walk(text);
        } catch (error) {
          throw new Error(`${titleOf(block)}: ${(error as Error).message}`);
        }
      }
    });
  }

  const files = (path: string) => pages.find((page) => page.path === path)?.blocks ?? [];

  it("docs/tutorial.md leaves rows as docs/reference/rows.md describes them", async () => {
    const blocks = files("docs/tutorial.md");
    writeFiles(blocks);
    await walk("autotraj run mine.yaml --until data --out runs/mine");
    const check = (schema: string) => {
      const validate = new Ajv({ strict: false, discriminator: true }).compile(
        JSON.parse(readFileSync(join(ROOT, "core/schema", schema), "utf8")) as object,
      );
      return (row: unknown) => (validate(row) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`));
    };
    const sft = rows(join(folder, "runs/mine/datasets/sft.jsonl"));
    expect(sft).not.to.be.empty;
    expect(sft.flatMap(check("sft-row.schema.json"))).to.deep.equal([]);
    expect(check("sft-row.schema.json")({ ...sft[0], usage: {} })).not.to.be.empty;
    expect(rows(join(folder, "questions.jsonl")).flatMap(check("question.schema.json"))).to.deep.equal([]);
    expect(check("question.schema.json")({ prompt: "What?" })).not.to.be.empty;
  });

  it("docs/how-to/own-scorer.md has a scorer that scores", async () => {
    writeFiles(files("docs/how-to/own-scorer.md"));
    await walk("autotraj run mine.yaml --until data --limit 3 --out runs/mine");
    const [row] = rows(join(folder, "runs/mine/datasets/sft.jsonl"));
    expect(row).to.have.nested.property("scores.brevity.value", 1 - String(row?.["answer"]).length / 12);
  });

  it("docs/how-to/own-tool.md has a tool that answers", async () => {
    writeFiles(files("docs/how-to/own-tool.md"));
    const { default: plugin } = await import(join(folder, "lookup.js"));
    const { setupPlugin } = await import("@autotraj/testkit");
    const { TOOL } = await import("@autotraj/core/plugin");
    const plugged = await setupPlugin(plugin, {});
    const tool = plugged.provided(TOOL);
    const context = { session: "s", earlier: [], history: [], signal: new AbortController().signal };
    expect(await tool.call({ country: "Peru" }, context)).to.deep.include({ content: "Lima", ok: true });
    expect(await tool.call({ country: "Atlantis" }, context)).to.deep.include({ ok: false });
    await plugged.dispose();
  });

  it("docs/how-to/own-trainer.md has a trainer that trains", async () => {
    writeFiles(files("docs/how-to/own-trainer.md"));
    writeDemo(folder);
    writeFileSync(
      join(folder, "train.yaml"),
      "extends: ./demo.json\nplugins: { trainer: { use: ./my-trainer.js, options: { script: ./train.mjs } } }\nstages: { sft: { model: some, steps: 3 } }\n",
    );
    const { code, stderr } = await inThisProcess(["run", "train.yaml", "--out", "out"], folder);
    expect(code, stderr).to.equal(0);
    const progress = rows(join(folder, "out/models/sft/progress.jsonl"));
    expect(progress).to.have.length(3);
    expect(progress.every(({ metrics }) => (metrics as { rows: number }).rows > 0)).to.equal(true);
    expect(existsSync(join(folder, "out/models/sft/model/config.json"))).to.equal(true);
  });
});
