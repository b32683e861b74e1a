/** What people read: on a terminal of 80 columns no line is wider, and what they are told to type is what they can type. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect } from "chai";
import { widthOf } from "../../cli/src/display/lines.ts";
import { writeDemo } from "./demo.ts";
import { inThisProcess, type Surroundings } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

const COLUMNS = 80;
/** The line below a table's head, and nothing below it. */
const EMPTY_TABLE = /^─+(?: {2}─+)*\n(?:\n|$)/m;
/** `1 rows`; `1 of 1 calls` and `3/1 questions` are of a whole. */
const ONE_OF_SEVERAL =
  /(?<!\bof |[\d.,/])\b1 (?:model |tool |SFT |preference )?(?:rows|questions|candidates|calls|tokens|trajectories|pairs|plugins|dimensions|turns|runs|repairs)\b/;
/** Commands and how they end, in a folder with two runs. */
const COMMANDS: readonly (readonly [args: readonly string[], code: number])[] = [
  [[], 0],
  [["nonsense"], 2],
  [["run"], 2],
  [["init", "--start", "nothing"], 2],
  [["init", "plugin"], 2],
  [["preset", "list"], 0],
  [["plugin", "list"], 0],
  [["plugin", "info", "scorer-answer"], 0],
  [["plugin", "info", "nothing-of-this-name"], 2],
  [["plugin", "info"], 2],
  [["plugin", "test"], 2],
  [["runs", "list"], 0],
  [["runs", "list", "empty"], 0],
  [["runs", "list", "narrow"], 0],
  [["cache", "list"], 0],
  [["view"], 2],
  [["view", "nowhere"], 2],
  [["view", "empty"], 2],
  [["plan", "demo.json"], 0],
  [["plan", "logs.json"], 0],
  [["plan", "no-preset-of-this-name"], 2],
  [["config", "check", "demo.json"], 0],
  [["config", "check", "demo.json", "--set", "rollout.candidats=3", "--set", "stages.sft.model=base"], 2],
  [["run", "demo.json", "--out", "first"], 0],
  [["run", "demo.json", "--until", "nowhere"], 2],
  [["train", "first", "--stage", "sft"], 2],
  [["resume", "first"], 0],
  [["stats", "first"], 0],
  [["stats", "nowhere"], 2],
  [["study", "nothing.yaml"], 2],
  [["eval", "first"], 2],
  [["plugin", "test", "gate-threshold"], 1],
  [["explain", "first", "1", "--calls"], 0],
  [["explain", "first", "preferences:1"], 0],
  [["explain", "first", "99"], 2],
  [["diff", "first", "preferences:1", "--no-color"], 0],
  [["diff", "first", "preferences:1", "--color"], 0],
  [["diff", "first", "2"], 2],
  [["compare", "first", "second"], 0],
  [["curate", "first", "sft:1", "--undo", "a-0"], 2],
  [["curate", "first", "--pin"], 2],
  [["watch", "first"], 0],
  [["report", "first"], 0],
  [["export", "first", "--to", "chat", "--out", "data"], 0],
  [["export", "first", "--to", "nothing", "--out", "data"], 2],
  [["completion", "--help"], 0],
  [["--help"], 0],
];

describe("who reads what autotraj says", function () {
  this.timeout(120_000);
  let folder: string;
  let cache: string | undefined;
  before(async () => {
    folder = newFolder();
    cache = process.env["AUTOTRAJ_CACHE"];
    process.env["AUTOTRAJ_CACHE"] = join(folder, "cache");
    mkdirSync(join(folder, "cache/models"), { recursive: true });
    mkdirSync(join(folder, "empty"));
    writeFileSync(join(folder, "cache/models/small.gguf"), "x");
    writeDemo(folder);
    lengthenQuestions();
    writeLogs();
    for (const [out, ...more] of [
      ["first"],
      ["second", "--set", "plugins.fix.options.attempts=1", "--set", "rollout.maxTokens=512"],
      ["narrow/a-run-whose-name-is-rather-long", "--limit", "1"],
    ]) {
      const { code, stderr } = await said(["run", "demo.json", "--out", out ?? "", ...more]);
      expect(code, stderr).to.equal(0);
    }
  });
  after(() => {
    if (cache === undefined) delete process.env["AUTOTRAJ_CACHE"];
    else process.env["AUTOTRAJ_CACHE"] = cache;
    rmSync(folder, { recursive: true, force: true });
  });

  const said = (args: readonly string[], surroundings?: Surroundings) => inThisProcess(args, folder, surroundings);

  function lengthenQuestions(): void {
    const file = join(folder, "questions.jsonl");
    const rows = readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const longer = rows.map((row) => ({
      ...row,
      question: `${row.question} Say nothing else, and take all the time in the world for it, since nobody waits.`,
    }));
    writeFileSync(file, longer.map((row) => `${JSON.stringify(row)}\n`).join(""));
  }

  function writeLogs(): void {
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
  }

  for (const [args, ends] of COMMANDS) {
    const typed = ["autotraj", ...args].join(" ");

    it(`of \`${typed}\` reads it in ${COLUMNS} columns`, async () => {
      const { code, stdout, stderr } = await said(args, { columns: COLUMNS });
      expect(code, stderr).to.equal(ends);
      const lines = stripVTControlCharacters(`${stdout}\n${stderr}`).split(/[\r\n]/);
      expect(lines.filter(isTooWide)).to.deep.equal([]);
      expect(stdout, "a table without a row").not.to.match(EMPTY_TABLE);
    });

    it(`of \`npx ${typed}\` is told to type npx`, async () => {
      const { code, stdout, stderr } = await said(args, { isStartedByNpx: true });
      expect(code, stderr).to.equal(ends);
      expect(`${stdout}\n${stderr}`).not.to.match(/`autotraj[ `]/);
      const plain = await said(args);
      expect(`${plain.stdout}\n${plain.stderr}`.replaceAll('autotraj() { npx autotraj "$@"; }', "")).not.to.match(/`npx autotraj|^ +npx autotraj/m);
    });
  }

  it("is told of held-out questions before an evaluation is begun, and has the run as it was", async () => {
    const stateOf = async () => {
      const runs = JSON.parse((await said(["runs", "list", "--json"])).stdout) as readonly { run: string; state: string }[];
      return runs.find(({ run }) => run === "second")?.state;
    };
    expect(await stateOf()).to.equal("done");
    const { code, stderr } = await said(["eval", "second"]);
    expect([code, stderr]).to.satisfy(
      ([ends, told]: [number, string]) => ends === 2 && told.includes("`autotraj eval second --queries FILE`"),
      stderr,
    );
    expect(await stateOf()).to.equal("done");
  });

  it("is told one of a thing as one", async () => {
    const [run, out] = ["narrow/a-run-whose-name-is-rather-long", "one"];
    const asked = [
      ["run", "demo.json", "--out", "narrow/again", "--limit", "1", "--set", "rollout.candidates=1"],
      ["plan", "demo.json", "--limit", "1"],
      ["stats", run],
      ["explain", run, "1"],
      ["export", run, "--to", "chat", "--out", out],
      ["import", "own.jsonl", "--out", out],
      ["compare", run, "first"],
      ["resume", run],
    ];
    for (const args of asked) {
      const { code, stdout, stderr } = await said(args);
      expect(code, stderr).to.equal(0);
      expect(`${stdout}\n${stderr}`, args.join(" ")).not.to.match(ONE_OF_SEVERAL);
    }
  });

  it("reads help of each command in 80 columns of a terminal too", async () => {
    const names = [...(await said(["--help"])).stdout.matchAll(/^ {2}autotraj (\w+) [<[]/gm)].map(([, name]) => name ?? "");
    expect(names).to.include.members(["run", "init", "view"]);
    for (const name of [...names, "init plugin"]) {
      const { stdout } = await said([...name.split(" "), "--help"], { columns: COLUMNS });
      expect(
        stdout.split("\n").filter((line) => widthOf(line) > COLUMNS),
        name,
      ).to.deep.equal([]);
    }
  });

  it("copies what comes next after init, in lines that a shell reads as one, and in one from a pipe", async () => {
    // Beside no folder of packages, so that all that it uses is missing.
    const onTerminal = await said(["init", "one", "--start", "logs", "--yes"], { columns: COLUMNS });
    const piped = await said(["init", "two", "--start", "logs"]);
    const next = (text: string) => text.slice(text.indexOf("Next:")).replace(/one|two/, "");
    expect(onTerminal.stdout.split("\n").filter(({ length }) => length > COLUMNS)).to.deep.equal([]);
    expect(onTerminal.stdout).to.match(/npm install .* \\\n/);
    expect(next(onTerminal.stdout).replaceAll(/ \\\n +/g, " ")).to.equal(next(piped.stdout));
  });
});

/** What is copied, a path or a command, stays whole. */
function isTooWide(line: string): boolean {
  return (
    widthOf(line) > COLUMNS &&
    line
      .trim()
      .replaceAll(/`[^`]*`/g, "`")
      .includes(" ")
  );
}
