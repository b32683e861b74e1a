import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type FakeOptions, type FakeServer, startFakeOpenAI } from "../fake-openai/server.ts";
import { type Command, kill, startUntilEndOfTest } from "./command.ts";
import { inThisProcess } from "./in-this-process.ts";
import { addUp, datasetsOf, newFolder, storedHashes, until, writeRun } from "./sums.ts";

describe("the command line, when a run", function () {
  this.timeout(120_000);
  let folder: string;
  const servers: FakeServer[] = [];
  const start = startUntilEndOfTest();

  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  async function serve(options: FakeOptions, questions: number): Promise<FakeServer> {
    const server = await startFakeOpenAI({ answer: addUp, ...options });
    servers.push(server);
    writeRun(folder, server.baseURL, questions);
    return server;
  }

  function begin(out = "out"): Command {
    return start(["run", "demo.json", "--out", out], folder);
  }

  it("is interrupted once: finishes and keeps the calls in flight, exits with 130, and resumes without asking twice", async () => {
    // Slow and fast calls side by side in one question: the fast ones are refused their next turn while the slow ones are still in flight.
    const server = await serve({ latencyMs: ({ body }) => (body.seed % 3 === 0 ? 250 : 5) }, 12);
    const command = begin();
    await until(() => server.calls.length >= 20);
    command.child.kill("SIGINT");
    const { code, stdout, stderr } = await command.ended;
    expect(code).to.equal(130);
    expect(stdout).to.equal("");
    expect(stderr).to.contain("Stopping: calls in flight are finished and kept. Interrupt again to stop at once.");
    expect(stderr).to.contain("[ATRAJ_INTERRUPTED] run: stopped as asked.\n  `autotraj resume out` goes on from here.\n");
    const stored = storedHashes(join(folder, "out"));
    expect([...stored].sort()).to.deep.equal([...new Set(server.calls.map(({ hash }) => hash))].sort());

    const resumed = await inThisProcess(["resume", "out"], folder);
    expect(resumed.code, resumed.stderr).to.equal(0);
    expect(server.calls.filter(({ before }) => before > 0)).to.deep.equal([]);
    const undisturbed = await inThisProcess(["run", "demo.json", "--out", "undisturbed"], folder);
    expect(undisturbed.code, undisturbed.stderr).to.equal(0);
    expect(datasetsOf(join(folder, "out"))).to.deep.equal(datasetsOf(join(folder, "undisturbed")));
  });

  it("is interrupted twice: stops at once, though the server never answers", async () => {
    const server = await serve({ fault: () => ({ kind: "silence" }) }, 12);
    const command = begin();
    await until(() => server.calls.length >= 8);
    command.child.kill("SIGINT");
    let stderr = "";
    command.child.stderr?.on("data", (chunk) => {
      stderr += chunk;
    });
    await until(() => stderr.includes("Interrupt again"));
    command.child.kill("SIGINT");
    const ended = await command.ended;
    expect(ended.code).to.equal(130);
    const log = readFileSync(join(folder, "out", "log.jsonl"), "utf8");
    expect(log, "nobody is to blame").not.to.contain('"incident"');
  });

  it("is under way in another process: refuses to join, and takes over when that one is dead", async () => {
    const silent = { on: true };
    const server = await serve({ fault: () => (silent.on ? { kind: "silence" } : undefined) }, 4);
    const first = begin();
    await until(() => server.calls.length >= 1);
    const second = await inThisProcess(["run", "demo.json", "--out", "out"], folder);
    expect(second.code).to.equal(2);
    expect(second.stderr).to.contain(`[ATRAJ_RUN_LOCKED] ${join(folder, "out")}: another process is working on this run.`);
    const stats = await inThisProcess(["stats", "out", "--json"], folder);
    expect(JSON.parse(stats.stdout)).to.include({ finished: false });
    await kill(first);
    silent.on = false;
    const third = await inThisProcess(["resume", "out"], folder);
    expect(third.code, third.stderr).to.equal(0);
  });

  it("meets a server that is gone: ends with 1, says what to look at, and resumes when it is back", async () => {
    const gone = { on: true };
    await serve({ fault: () => (gone.on ? { kind: "reset" } : undefined) }, 12);
    const failed = await begin().ended;
    expect(failed.code, failed.stderr).to.equal(1);
    expect(failed.stderr).to.match(/\[ATRAJ_POLICY_FAILED\] policy "student": 1\d turns in a row could not be had; the last: POST /);
    expect(failed.stderr).to.contain("Nothing is lost: `autotraj resume out` goes on from here.");
    gone.on = false;
    const resumed = await inThisProcess(["resume", "out", "--json"], folder);
    expect(resumed.code, resumed.stderr).to.equal(0);
    expect(JSON.parse(resumed.stdout).funnel).to.include({ queries: 12, failedQueries: 0, candidates: 36 });
  });

  it("asks for a model that the server does not have: ends with 1 at once, in the server's words and with the remedy", async () => {
    const message = "The model `adder` does not exist.";
    const server = await serve({ fault: () => ({ kind: "status", status: 404, message }) }, 12);
    const failed = await begin().ended;
    expect(failed.code, failed.stderr).to.equal(1);
    expect(failed.stderr).to.contain(
      `[ATRAJ_POLICY_FAILED] policy "student": POST ${server.baseURL}/completions answered 404: ${message}\n  Check \`model\``,
    );
    expect(server.calls.length, "no more than were in flight").to.be.at.most(8);
  });

  it("fills the disk: ends with 1, says so, and goes on when there is room again", async function () {
    const disk = join(folder, "disk");
    mkdirSync(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], { stdio: "pipe" });
    } catch (error) {
      console.log(`        skipped: a small disk has to be mounted for this, which is not allowed here (${String(error).split("\n")[1] ?? error})`);
      this.skip();
    }
    try {
      await serve({}, 40);
      const full = await begin(join(disk, "out")).ended;
      expect(full.code, full.stderr).to.equal(1);
      expect(full.stderr).to.contain(`[ATRAJ_STORE_FAILED] ${join(disk, "out", "run.db")}: database or disk is full`);
      expect(full.stderr).to.contain(`Free some disk space, then \`autotraj resume ${join(disk, "out")}\` goes on from here.`);
      expect(full.stderr).not.to.contain("[unexpected]");
      execFileSync("mount", ["-o", "remount,size=64m", disk]);
      const resumed = await inThisProcess(["resume", join(disk, "out")], folder);
      expect(resumed.code, resumed.stderr).to.equal(0);
      const undisturbed = await inThisProcess(["run", "demo.json", "--out", "undisturbed"], folder);
      expect(undisturbed.code, undisturbed.stderr).to.equal(0);
      expect(datasetsOf(join(disk, "out"))).to.deep.equal(datasetsOf(join(folder, "undisturbed")));
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});
