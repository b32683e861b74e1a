/** What a model, a question or a plugin wrote comes to a terminal as text and as nothing else. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { LiveDisplay } from "../../cli/src/display/live.ts";
import { autotraj } from "./command.ts";
import { writeDemo } from "./demo.ts";
import { newFolder } from "./sums.ts";

const HOSTILE = "\x1b[2J\x1b]0;owned\x07\u009b31m\u202eevil\u2066\x7f";
const ACTS = /[\p{Cc}\p{Bidi_Control}]/u;

describe("a hostile text", function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = newFolder();
    writeDemo(folder, { brokenWhile: folder, brokenFor: "What is 3 +" });
    const questions = readFileSync(join(folder, "questions.jsonl"), "utf8").trim().split("\n");
    const hostile = questions.map((line) => {
      const row = JSON.parse(line);
      return JSON.stringify({ ...row, id: `${row.id}\u001b[5m`, question: `${HOSTILE} ${row.question}`, task: `mod\u009b` });
    });
    writeFileSync(join(folder, "questions.jsonl"), `${hostile.join("\n")}\n`);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Line ends and tabs are layout. */
  function expectHarmless(text: string): void {
    expect(text).to.contain("evil");
    expect(text.replaceAll(/[\n\t]/g, " ")).not.to.match(ACTS);
  }

  it("acts on no terminal, whatever command shows it", async () => {
    const ran = await autotraj(["run", "demo.json", "--out", "out", "--show", "100"], folder);
    expect(ran.code, ran.stderr).to.equal(0);
    expectHarmless(ran.stderr + ran.stdout);
    for (const args of [
      ["explain", "out", "#1", "--calls", "--full"],
      ["explain", "out", "preferences:1", "--json"],
      ["diff", "out", "preferences:1"],
      ["diff", "out", "preferences:1", "--json"],
      ["explain", "out", `evil${HOSTILE}`],
      ["config", "print", "demo.json", "--set", `description=${HOSTILE}`],
    ]) {
      const { stdout, stderr } = await autotraj(args, folder);
      expectHarmless(stdout + stderr);
      if (args.includes("--json")) expect(JSON.stringify(JSON.parse(stdout))).to.contain("\u202eevil");
    }
  });

  it("in colours keeps none of its own", async () => {
    const { stdout } = await autotraj(["diff", "out", "preferences:1", "--color"], folder);
    const ours = new RegExp(`${"\x1b"}\\[(?:31|32|2|0)m`, "g");
    expect(stdout).to.match(ours);
    expectHarmless(stdout.replaceAll(ours, ""));
  });

  it("moves no cursor of the line that is redrawn", () => {
    const written: string[] = [];
    const out = { isTTY: true, columns: 80, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
    const display = new LiveDisplay({ out, show: 5 });
    display.incident("plugin", `${HOSTILE}\nmore`);
    display.info(HOSTILE);
    expect(written).to.have.length(2);
    for (const line of written) {
      expect(line.startsWith("\r\x1b[2K")).to.equal(true);
      expectHarmless(line.slice("\r\x1b[2K".length));
    }
  });
});
