import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { expect } from "chai";
import { isNewEnough, OLDEST_NODE } from "../../cli/src/node-version.ts";
import { root } from "../boundaries/workspaces.ts";
import { MAIN } from "./command.ts";
import { inThisProcess } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

describe("who types autotraj for the first time", function () {
  this.timeout(60_000);
  let folder: string;
  before(() => {
    folder = newFolder();
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const said = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await inThisProcess(args, folder);
    expect(code, stderr).to.equal(0);
    return stdout;
  };

  it("and nothing else is told what to type, in 80 columns, and every command of it is one", async () => {
    const text = await said();
    expect(text).to.contain("autotraj run quickstart --until data").and.to.contain("autotraj preset list");
    for (const line of text.split("\n")) expect(line.length, line).to.be.at.most(80);
    const help = await said("--help");
    const commands = [...text.matchAll(/^ {2}autotraj (\w+)/gm)].map(([, name]) => name);
    expect(commands).not.to.be.empty;
    for (const name of commands) expect(help, name).to.match(new RegExp(`^ {2}autotraj ${name}\\b`, "m"));
  });

  it("reads help in 80 columns, of every command, its own options before those of all", async () => {
    const commands = [...(await said("--help")).matchAll(/^ {2}autotraj (\w+) [<[]/gm)].map(([, name]) => name ?? "");
    expect(commands).to.include.members(["run", "cache", "preset", "runs", "compare"]);
    for (const name of commands) {
      const help = await said(name, "--help");
      for (const line of help.split("\n")) expect(line.length, line).to.be.at.most(80);
      // A description that runs into what kind of option it is.
      expect(help, name).not.to.match(/\S\[(?:boolean|string|array|default|required)/);
      if (help.includes("Options:")) expect(help.indexOf("Options:"), name).to.be.lessThan(help.indexOf("Everywhere:"));
    }
  });

  it("learns the version, which is that of the package", async () => {
    const { version } = JSON.parse(readFileSync(join(root, "cli/package.json"), "utf8"));
    expect(await said("--version")).to.equal(`${version}\n`);
  });

  for (const [args, message] of [
    [["rn", "x"], '[ATRAJ_USAGE] autotraj: there is no command "rn". Did you mean "run"?'],
    [["frobnicate"], '[ATRAJ_USAGE] autotraj: there is no command "frobnicate".'],
    [["run"], "[ATRAJ_USAGE] autotraj run: <preset> is missing.\n  Type `autotraj run <preset>`. `autotraj run --help` lists its options."],
    [["explain"], "[ATRAJ_USAGE] autotraj explain: <run> and <row> are missing."],
    [["explain", "x"], "[ATRAJ_USAGE] autotraj explain: <row> is missing."],
    [["run", "a", "b"], '[ATRAJ_USAGE] autotraj run: "b" is one argument too many.'],
    [["run", "a", "--frob", "--show", "1"], "[ATRAJ_USAGE] autotraj run: it has no option --frob."],
    [["run", "a", "--limit"], "[ATRAJ_USAGE] autotraj run: --limit needs a value."],
    [["run", "a", "--format", "chat"], "[ATRAJ_USAGE] autotraj run: --format goes only together with --recorded."],
    [["export", "x"], "[ATRAJ_USAGE] autotraj export: options are missing: --to, --out."],
    [["train", "x"], "[ATRAJ_USAGE] autotraj train: --stage is missing."],
    [["plugin", "lst"], '[ATRAJ_USAGE] autotraj plugin: action is "lst", but must be one of "list", "info", "test".'],
  ] as const) {
    it(`autotraj ${args.join(" ")} is told what is wrong with it`, async () => {
      const { code, stdout, stderr } = await inThisProcess(args, folder);
      expect(stderr).to.contain(message);
      expect([code, stdout]).to.deep.equal([2, ""]);
    });
  }

  it("is told in English, whatever the machine speaks", () => {
    const env = { ...process.env, LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8" };
    expect(spawnSync(process.execPath, [MAIN, "run", "--help"], { cwd: folder, env, encoding: "utf8" }).stdout).to.contain("Options:");
  });
});

describe("a Node that is too old", () => {
  it("is one before that of package.json", () => {
    for (const path of ["package.json", "cli/package.json"]) {
      expect(JSON.parse(readFileSync(join(root, path), "utf8")).engines.node, path).to.equal(`>=${OLDEST_NODE.join(".")}`);
    }
    const old = ["14.0.0", "20.20.2", "22.17.9"].map(isNewEnough);
    expect([...old, ...["22.18.0", "23.0.0", "24.21.0"].map(isNewEnough)]).to.deep.equal([false, false, false, true, true, true]);
  });

  it("reaches nothing but the question which Node this is", () => {
    const main = readFileSync(MAIN, "utf8");
    const imported = [...main.matchAll(/import\s*(?:\{[^}]*\}\s*from\s*)?\(?"([^"]+)"/g)].map(([, name]) => name);
    expect(imported).to.deep.equal(["./node-version.js", "./program.js"]);
    for (const file of [MAIN, join(dirname(MAIN), "node-version.js"), join(root, "cli/bin/autotraj.js")]) {
      // What Node 14 cannot parse would be a syntax error in place of the sentence.
      expect(readFileSync(file, "utf8"), file).not.to.match(/\bawait\b|\?\?=|\|\|=|&&=|\bstatic\b|\bwith\s*\{|\s#\w+\s*[=(;]|\.at\(/);
    }
    expect(readFileSync(join(dirname(MAIN), "node-version.js"), "utf8")).not.to.match(/^import\b/m);
  });

  /** Such as a system's own, where this machine has one. */
  const old = (process.env["PATH"] ?? "")
    .split(delimiter)
    .concat("/usr/bin", "/usr/local/bin")
    .map((folder) => join(folder, "node"))
    .find((file) => existsSync(file) && !isNewEnough(execFileSync(file, ["-p", "process.versions.node"], { encoding: "utf8" })));
  for (const file of [MAIN, join(root, "cli/bin/autotraj.js")]) {
    it(`is told in a sentence which one is needed, by ${file.endsWith("main.js") ? "the program" : "the command"}`, function () {
      if (old === undefined) this.skip();
      const { status, stdout, stderr } = spawnSync(old, [file, "plan", "quickstart"], { encoding: "utf8" });
      expect([status, stdout]).to.deep.equal([2, ""]);
      expect(stderr.split("\n")[0]).to.match(/^\[ATRAJ_USAGE\] autotraj: it needs Node 22\.18 or newer, and this is Node \d+\.\d+\.\d+\.$/);
      expect(stderr).not.to.contain("    at ");
    });
  }
});
