import { existsSync, mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect } from "chai";
import { presets } from "../boundaries/workspaces.ts";
import { writeDemo } from "./demo.ts";
import { inThisProcess } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

describe("what is there is listed:", function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => {
    folder = newFolder();
    writeDemo(folder);
    for (const [out, ...more] of [["runs/whole"], ["deep/er/part", "--limit", "3"]] as const) {
      const { code, stderr } = await inThisProcess(["run", "demo.json", "--out", out, ...more], folder);
      expect(code, stderr).to.equal(0);
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const json = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await inThisProcess([...args, "--json"], folder);
    expect(code, stderr).to.equal(0);
    return JSON.parse(stdout);
  };

  it("presets, all that are shipped, by the names that they are used by", async () => {
    const list = await json("preset", "list");
    expect(list.map(({ package: name }: { package: string }) => name)).to.include.members(presets.map(({ manifest }) => manifest.name));
    expect(list.find(({ name }: { name: string }) => name === "quickstart")).to.include({ package: "@autotraj/preset-quickstart" });
    const { stdout } = await inThisProcess(["preset", "list"], folder);
    expect(stdout).to.match(/^no-gold +0\.1\.0 +Keeps, repairs and discards without gold answers/m);
  });

  it("plugins, by the names that they are used by", async () => {
    const { stdout } = await inThisProcess(["plugin", "list"], folder);
    expect(stdout).to.match(/^scorer-answer +0\.1\.0 +Is the final answer right\?/m);
  });

  it("runs, the newest first, with what came of them", async () => {
    const runs = await json("runs", "list");
    expect(runs.map(({ run, state, preset, questions }: Record<string, unknown>) => [run, state, preset, questions])).to.deep.equal([
      [join("deep", "er", "part"), "done", "demo", 3],
      [join("runs", "whole"), "done", "demo", 8],
    ]);
    for (const run of runs) {
      const { funnel } = await json("stats", run.run);
      expect(run).to.include({ kept: funnel.kept, repaired: funnel.repaired, problem: null });
      expect(run.bytes).to.be.greaterThan(10_000);
      expect(Date.parse(run.changed)).to.be.closeTo(Date.now(), 120_000);
    }
    expect((await json("runs", "list", "deep")).map(({ run }: { run: string }) => run)).to.deep.equal([join("er", "part")]);
  });

  it("runs, also one that somebody works on, one that was broken off and one that is damaged", async () => {
    const stateOf = async (run: string) => (await json("runs", "list", run))[0];
    const held = new DatabaseSync(join(folder, "runs/whole/run.lock"));
    held.exec("BEGIN EXCLUSIVE");
    try {
      expect(await stateOf("runs/whole")).to.include({ state: "running", run: "." });
    } finally {
      held.close();
    }
    const store = new DatabaseSync(join(folder, "runs/whole/run.db"));
    store.exec("DELETE FROM meta WHERE key = 'finished'");
    store.close();
    expect(await stateOf("runs/whole")).to.include({ state: "stopped", questions: 8 });
    truncateSync(join(folder, "runs/whole/run.db"), 5000);
    const damaged = await stateOf("runs/whole");
    expect(damaged).to.include({ state: "damaged", questions: 0 });
    const { code, stdout } = await inThisProcess(["runs", "list"], folder);
    expect(code).to.equal(0);
    expect(stdout)
      .to.contain(`${join("runs", "whole")}: [ATRAJ_`)
      .and.to.contain(join("deep", "er", "part"));
  });

  it("runs, of which there may be none, below a folder that must be there", async () => {
    mkdirSync(join(folder, "empty"));
    expect((await inThisProcess(["runs", "list", "empty"], folder)).stdout).to.match(/^No run below .*empty\./);
    const { code, stderr } = await inThisProcess(["runs", "list", "nowhere"], folder);
    expect([code, stderr.split("\n")[0]]).to.deep.equal([2, "[ATRAJ_USAGE] runs list: there is no folder nowhere."]);
  });
});

describe("the cache", () => {
  let folder: string;
  let before: string | undefined;
  beforeEach(() => {
    folder = newFolder();
    before = process.env["AUTOTRAJ_CACHE"];
    process.env["AUTOTRAJ_CACHE"] = folder;
    for (const [file, size] of [
      ["models/small.gguf", 3000],
      ["models/hf--other.gguf.part", 500],
      ["python/trl-0123456789ab/bin/python", 2000],
      ["python/trl-0123456789ab.Xy12ab/bin/python", 100],
      ["tool-search/index.sqlite", 50],
      ["calls-2.db", 700],
      ["calls-2.db-wal", 70],
      ["training.lock", 0],
      ["notes.txt", 9],
    ] as const) {
      mkdirSync(join(folder, file, ".."), { recursive: true });
      writeFileSync(join(folder, file), "x".repeat(size));
    }
  });
  afterEach(() => {
    if (before === undefined) delete process.env["AUTOTRAJ_CACHE"];
    else process.env["AUTOTRAJ_CACHE"] = before;
    rmSync(folder, { recursive: true, force: true });
  });

  const cache = (...args: readonly string[]) => inThisProcess(["cache", ...args], folder);
  const there = (...files: readonly string[]) => files.map((file) => existsSync(join(folder, file)));

  it("is listed with its sizes and with what becomes of it when it is removed", async () => {
    const { entries } = JSON.parse((await cache("list", "--json")).stdout);
    expect(entries.map(({ kind, path, bytes, removal }: Record<string, unknown>) => [kind, path, bytes, removal])).to.deep.equal([
      ["drafts", "models/hf--other.gguf.part", 500, "safe"],
      ["drafts", "python/trl-0123456789ab.Xy12ab", 100, "safe"],
      ["models", "models/small.gguf", 3000, "safe"],
      ["python", "python/trl-0123456789ab", 2000, "safe"],
      ["indexes", "tool-search", 50, "safe"],
      ["calls", "calls-2.db", 700, "answers"],
      ["calls", "calls-2.db-wal", 70, "answers"],
      ["marks", "training.lock", 0, "kept"],
      ["other", "notes.txt", 9, "kept"],
    ]);
    expect((await cache("list")).stdout).to.contain("`autotraj cache clean` removes 5.5 KiB, all of which can be had again.");
  });

  it("is cleaned of what can be had again, and of nothing that was paid for or that nobody knows", async () => {
    const { code, stdout } = await cache("clean", "--yes");
    expect([code, stdout]).to.deep.equal([0, `Removed 5.5 KiB from ${folder}.\n`]);
    expect(there("models/small.gguf", "python/trl-0123456789ab", "tool-search")).to.deep.equal([false, false, false]);
    expect(there("calls-2.db", "calls-2.db-wal", "training.lock", "notes.txt")).to.deep.equal([true, true, true, true]);
  });

  it("is cleaned of one kind, also of answers, where it is named", async () => {
    expect((await cache("clean", "calls", "drafts", "-y")).code).to.equal(0);
    expect(there("calls-2.db", "models/hf--other.gguf.part", "models/small.gguf")).to.deep.equal([false, false, true]);
    const { code, stderr } = await cache("clean", "marks", "--yes");
    expect(code).to.equal(2);
    expect(stderr).to.contain('kinds is "marks", but must be one of "drafts"');
  });

  it("is not touched where nobody says yes", async () => {
    const { code, stderr } = await cache("clean");
    expect(code).to.equal(2);
    expect(stderr).to.contain("Say --yes");
    expect(there("models/small.gguf")).to.deep.equal([true]);
  });

  it("may be empty", async () => {
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    expect((await cache("list")).stdout).to.equal(`Nothing lies in ${folder}.\n`);
    expect((await cache("clean", "--yes")).stdout).to.equal("There is nothing to remove.\n");
  });
});
