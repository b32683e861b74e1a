import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { writeDemo } from "../../../test/integration/demo.ts";
import { inThisProcess } from "../../../test/integration/in-this-process.ts";
import { newFolder } from "../../../test/integration/sums.ts";
import { knownBefore } from "../src/known-before.ts";

describe("what is known of a run before it is followed", function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = newFolder();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function run(preset: string): Promise<string> {
    const { code, stderr } = await inThisProcess(["run", preset, "--out", "out"], folder);
    expect(code, stderr).to.equal(0);
    return join(folder, "out");
  }

  it("is how many candidates a question has, where a policy writes them", async () => {
    writeDemo(folder);
    expect(knownBefore(await run("demo.json")).rollout).to.include({ candidates: 2 });
    rmSync(join(folder, "out"), { recursive: true });
  });

  it("is no number of candidates where they are recorded; their card says where", async () => {
    const messages = [
      { role: "user", content: "What is 1 + 1?" },
      { role: "assistant", content: "2" },
    ];
    writeFileSync(join(folder, "own.jsonl"), `${JSON.stringify({ messages, answer: "2" })}\n`);
    const plugins = {
      chat: { use: "@autotraj/format-chat" },
      answer: { use: "@autotraj/scorer-answer" },
      gate: { use: "@autotraj/gate-threshold", options: { minimums: { correctness: 1 } } },
    };
    writeFileSync(join(folder, "logs.json"), JSON.stringify({ queries: { recorded: [{ file: "own.jsonl" }] }, plugins, repair: { enabled: false } }));
    const runDir = await run("logs.json");
    expect(knownBefore(runDir).rollout).to.equal(undefined);
    expect(readFileSync(join(runDir, "datasets/card.md"), "utf8")).to.contain("- candidates: recorded in own.jsonl; ");
    expect((await inThisProcess(["watch", "out"], folder)).stdout).not.to.contain("1/4");
    const { stdout } = await inThisProcess(["plan", "logs.json"], folder);
    expect(stdout).to.contain("Candidates are read from own.jsonl; nothing is rolled out, and no model is called.");
  });
});
