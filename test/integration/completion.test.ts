import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { MAIN } from "./command.ts";
import { writeDemo } from "./demo.ts";
import { inThisProcess } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

describe("a shell that completes autotraj", function () {
  this.timeout(60_000);
  let folder: string;
  let shell: string | undefined;
  before(async () => {
    shell = process.env["SHELL"];
    process.env["SHELL"] = "/bin/bash";
    folder = newFolder();
    writeDemo(folder, {}, { stages: { evaluate: {} } });
    const { code, stderr } = await inThisProcess(["run", "demo.json", "--until", "data", "--out", "runs/first", "--limit", "2"], folder);
    expect(code, stderr).to.equal(0);
  });
  after(() => {
    if (shell === undefined) delete process.env["SHELL"];
    else process.env["SHELL"] = shell;
    rmSync(folder, { recursive: true, force: true });
  });

  const next = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await inThisProcess(["--get-yargs-completions", "autotraj", ...words], folder);
    expect(code, stderr).to.equal(0);
    return stdout.split("\n").filter((line) => line !== "");
  };

  it("is told commands, a command's options, and what an argument may be", async () => {
    expect(await next("")).to.include.members(["run", "compare", "cache", "preset"]);
    expect(await next("run", "demo.json", "--l")).to.include("--limit");
    expect(await next("cache", "")).to.include.members(["list", "clean"]);
  });

  it("is told presets: those that are installed, and files that may be some", async () => {
    expect(await next("run", "")).to.include.members(["quickstart", "paper-fixed", "demo.json"]);
    expect(await next("plan", "quick")).to.deep.equal(["quickstart"]);
    // As fish asks, without the program's name.
    expect((await inThisProcess(["--get-yargs-completions", "plan", "quick"], folder)).stdout).to.equal("quickstart\n");
    expect(await next("eval", "x", "--preset", "cl")).to.deep.equal(["clean-logs"]);
  });

  it("is told runs below the folder, and ways to name a row", async () => {
    const run = join("runs", "first");
    for (const command of ["explain", "resume", "stats", "train", "export", "eval", "compare"])
      expect(await next(command, ""), command).to.deep.equal([run]);
    expect(await next("compare", run, "")).to.deep.equal([run]);
    expect(await next("explain", "--calls", run, "pref")).to.deep.equal(["preferences:"]);
  });

  it("is told plugins, trainers and formats", async () => {
    expect(await next("plugin", "info", "scorer-an")).to.deep.equal(["scorer-answer"]);
    expect(await next("env", "install", "t")).to.deep.equal(["trl"]);
    expect(await next("export", "runs/first", "--to", "sh")).to.deep.equal(["sharegpt"]);
    expect(await next("import", "x.jsonl", "--format", "a")).to.include.members(["auto", "anthropic"]);
  });

  it("is told the stages of the run or preset that was named", async () => {
    expect(await next("train", "runs/first", "--stage", "")).to.deep.equal(["evaluate"]);
    expect(await next("run", "demo.json", "--until", "")).to.deep.equal(["data", "evaluate", "all"]);
    expect(await next("run", "no-such-preset", "--until", "")).to.deep.equal([]);
  });

  it("completes files by itself where nothing else is known", async () => {
    expect(await next("import", "")).to.deep.equal([]);
    expect(await next("run", "demo.json", "--out", "")).to.deep.equal([]);
  });

  describe("in bash, by the script that it prints,", () => {
    let script: string;
    before(async () => {
      const { code, stdout, stderr } = await inThisProcess(["completion"], folder);
      expect(code, stderr).to.equal(0);
      script = join(folder, "completion.sh");
      writeFileSync(script, stdout);
    });

    /** As bash asks when Tab is pressed behind these words. */
    function pressTab(...words: readonly string[]): readonly string[] {
      const lines = [
        // As `completion --help` says for those who have it by npx: a function of its name.
        `autotraj() { ${JSON.stringify(process.execPath)} --disable-warning=ExperimentalWarning ${JSON.stringify(MAIN)} "$@"; }`,
        `source ${JSON.stringify(script)}`,
        'COMP_WORDS=(autotraj "$@"); COMP_CWORD=$#',
        `$(complete -p autotraj | sed 's/.*-F \\([^ ]*\\) .*/\\1/')`,
        `printf '%s\\n' "\${COMPREPLY[@]}"`,
      ];
      const { status, stdout, stderr } = spawnSync("bash", ["-c", lines.join("\n"), "bash", ...words], { cwd: folder, encoding: "utf8" });
      expect(status, stderr).to.equal(0);
      return stdout.split("\n").filter((line) => line !== "");
    }

    it("completes a command, an option and a preset", () => {
      expect(pressTab("pres")).to.deep.equal(["preset"]);
      expect(pressTab("run", "demo.json", "--lim")).to.deep.equal(["--limit"]);
      expect(pressTab("plan", "quick")).to.deep.equal(["quickstart"]);
    });

    it("leaves files to bash", () => {
      expect(pressTab("import", "")).to.deep.equal([]);
    });
  });

  it("gets a script for zsh where that is the shell", async () => {
    process.env["SHELL"] = "/usr/bin/zsh";
    try {
      expect((await inThisProcess(["completion"], folder)).stdout).to.match(/^#compdef autotraj\n/);
    } finally {
      process.env["SHELL"] = "/bin/bash";
    }
  });
});
