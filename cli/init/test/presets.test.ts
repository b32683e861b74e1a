/** Each start of `init`, outside this repository: `plan` takes what it wrote without secrets, and `run` completes it. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type FakeServer, startFakeOpenAI } from "../../../test/fake-openai/server.ts";
import { autotraj } from "../../../test/integration/command.ts";
import { inThisProcess } from "../../../test/integration/in-this-process.ts";
import { STARTS } from "../src/index.ts";
import { answerTo } from "./answering.ts";

const ASKING = ["openai-compatible", "openai", "vllm", "ollama"] as const;
const READING = ["logs", "scorer"] as const;

describe("autotraj init", function () {
  this.timeout(120_000);
  let folder: string;
  let server: FakeServer;

  before(async () => {
    server = await startFakeOpenAI({ answer: ({ body }) => answerTo(body.messages) });
  });
  after(() => server.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-init-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** An `init` that is told too little asks where there is a terminal, as these tests may have: it gets a process without one. */
  const inFolder = (...args: readonly string[]) => (args[0] === "init" && !args.includes("--start") ? autotraj : inThisProcess)(args, folder);
  const summaryOf = (run: string) => JSON.parse(readFileSync(join(folder, "runs", run, "summary.json"), "utf8"));

  async function done(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await inFolder(...args);
    expect(code, stderr).to.equal(0);
    return stdout;
  }

  async function refused(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await inFolder(...args);
    expect([code, stdout]).to.deep.equal([2, ""]);
    return stderr;
  }

  for (const start of ASKING)
    it(`--start ${start} writes a preset that is planned without secrets and run against its endpoint`, async () => {
      await done("init", "mine", "--start", start, "--endpoint", server.baseURL, "--model", "m");
      expect(await done("plan", "mine/preset.yaml")).to.contain("8 questions");
      await done("run", "mine/preset.yaml");
      const { funnel, finished } = summaryOf("mine");
      expect(finished).to.equal(true);
      expect(funnel).to.include({ queries: 8, candidates: 24 });
      expect(funnel.kept).to.be.greaterThan(0);
      expect(funnel.repaired).to.be.greaterThan(0);
      expect(server.calls.at(-1)?.body.model).to.equal("m");
      expect(existsSync(join(folder, "mine", ".env.example"))).to.equal(start.startsWith("openai"));
    });

  for (const start of READING)
    it(`--start ${start} writes a preset that runs without any model`, async () => {
      await done("init", "mine", "--start", start);
      await done("plan", "mine/preset.yaml");
      await done("run", "mine/preset.yaml");
      const { funnel, dimensions } = summaryOf("mine");
      expect(funnel).to.include({ queries: 8, candidates: 8 });
      expect(funnel.kept).to.be.within(4, 7);
      expect("brevity" in dimensions).to.equal(start === "scorer");
    });

  it("--start local writes a preset that is planned without any download", async () => {
    await done("init", "mine", "--start", "local");
    expect(await done("plan", "mine/preset.yaml")).to.contain("8 questions");
  });

  it("points to a file of one's own in place of samples, wherever it lies", async () => {
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "data", "own.jsonl"), '{"question":"What is 1 + 1?","answer":"2"}\n');
    await done("init", "deep/mine", "--start", "ollama", "--questions", "data/own.jsonl", "--endpoint", server.baseURL);
    expect(existsSync(join(folder, "deep/mine/questions.jsonl"))).to.equal(false);
    expect(readFileSync(join(folder, "deep/mine/preset.yaml"), "utf8")).to.contain('train: "../../data/own.jsonl"');
    expect(await done("plan", "deep/mine/preset.yaml")).to.contain("1 question");
  });

  it("finds out the format of one's own logs", async () => {
    const row = {
      messages: [
        { role: "user", content: "What is 1 + 1?" },
        { role: "assistant", content: "2" },
      ],
      answer: "2",
    };
    writeFileSync(join(folder, "own.jsonl"), `${JSON.stringify(row)}\n`);
    await done("init", "mine", "--start", "logs", "--logs", "own.jsonl");
    await done("run", "mine/preset.yaml");
    expect(summaryOf("mine").funnel).to.include({ queries: 1, kept: 1 });
  });

  it("says what was written and what to do next, and as JSON too", async () => {
    const lines = (await done("init", "mine", "--start", "logs")).trimEnd().split("\n");
    expect(lines.slice(0, 7)).to.deep.equal([
      "Wrote",
      "  mine/preset.yaml",
      "  mine/README.md",
      "  mine/sample-logs.jsonl",
      "",
      "Next:",
      "  cd mine",
    ]);
    expect(lines[7]).to.match(/^ {2}npm install @autotraj\/cli .*@autotraj\/gate-threshold/);
    expect(lines.slice(8)).to.deep.equal(["  npx autotraj plan preset.yaml", "  npx autotraj run preset.yaml"]);
    const document = JSON.parse(await done("init", "--start", "scorer", "--json"));
    expect(document.files).to.include(join(folder, "brevity.mjs"));
    expect(document.next.at(-1)).to.equal("npx autotraj run preset.yaml");
  });

  it("overwrites nothing: one file in the way, and none is written", async () => {
    writeFileSync(join(folder, "README.md"), "mine\n");
    expect(await refused("init", "--start", "logs")).to.contain("already. Nothing was written.\n  README.md\n");
    expect([readFileSync(join(folder, "README.md"), "utf8"), existsSync(join(folder, "preset.yaml"))]).to.deep.equal(["mine\n", false]);
  });

  it("refuses what does not fit the start, is not there or would put a password into the preset", async () => {
    const wrong: readonly [readonly string[], string][] = [
      [["--start", "logs", "--endpoint", "http://x"], "--endpoint says nothing for the start logs."],
      [["--start", "vllm", "--logs", "own.jsonl"], "--logs says nothing for the start vllm."],
      [["--start", "local", "--questions", "own.jsonl"], "there is no file own.jsonl."],
      [["--start", "vllm", "--endpoint", "localhost:8000"], "the endpoint is no http or https address."],
      [["--start", "vllm", "--endpoint", "http://me:secret@host/v1"], "the endpoint holds a user or a password"],
      [[], "it cannot ask what you begin with.\n  Name it with --start: openai-compatible,"],
    ];
    for (const [args, what] of wrong) expect(await refused("init", "mine", ...args)).to.contain(`[ATRAJ_USAGE] init: ${what}`);
    expect(existsSync(join(folder, "mine"))).to.equal(false);
  });

  it("has no template that no start uses", () => {
    const folders = readdirSync(join(import.meta.dirname, "../templates/starts"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect([...Object.keys(STARTS), "model", "recorded"]).to.include.members(folders.map(({ name }) => name));
  });
});
