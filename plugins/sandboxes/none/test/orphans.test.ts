import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pythonEnvironments } from "@autotraj/core";
import { PYTHON, SANDBOX } from "@autotraj/core/plugin";
import { defaultCacheDir, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";
import { processesWith } from "./processes.ts";

/** Of a process that is not this one: it runs code in a sandbox of the same cache folder until it is killed. */
const RUN = `
const [cacheDir, code] = process.argv.slice(1);
const { pythonEnvironments } = await import("@autotraj/core");
const { PYTHON, SANDBOX } = await import("@autotraj/core/plugin");
const { defaultCacheDir, setupPlugin } = await import("@autotraj/testkit");
const { default: plugin } = await import(${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)});
const { provided } = await setupPlugin(plugin, { options: { packages: false }, cacheDir, services: [[PYTHON, pythonEnvironments(defaultCacheDir())]] });
const sandbox = provided(SANDBOX);
await sandbox.selfTest();
await sandbox.execute({ code, timeoutMs: 100_000, memoryMiB: 512 }, { signal: new AbortController().signal });`;

describe("sandbox-none, after a run was killed,", function () {
  this.timeout(30_000);
  let cacheDir: string;
  let run: ChildProcess | undefined;
  before(function () {
    if (process.platform !== "linux") this.skip();
  });
  beforeEach(() => {
    cacheDir = mkdtempSync(join(tmpdir(), "autotraj-cache-"));
  });
  afterEach(() => {
    run?.kill("SIGKILL");
    rmSync(cacheDir, { recursive: true });
  });

  /** A run whose code has started a daemon; both carry a number. Resolves when they are there. */
  async function runWithDaemon(number: number): Promise<void> {
    const code = `import subprocess, time\nsubprocess.Popen(["sleep", "${number}"], start_new_session=True)\ntime.sleep(100)`;
    run = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "--input-type=module", "-e", RUN, cacheDir, code], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "ignore", "inherit"],
    });
    await until(() => daemons(number).length > 0);
  }
  const daemons = (number: number) => processesWith(`sleep\0${number}`);
  const supervisors = () => readdirSync(records()).flatMap((mark) => processesWith(`AUTOTRAJ_EXECUTION=${mark}`));
  const records = () => join(cacheDir, "sandbox-none");

  async function start(): Promise<readonly string[]> {
    const plugged = await setupPlugin(plugin, {
      options: { packages: false },
      cacheDir,
      services: [[PYTHON, pythonEnvironments(defaultCacheDir())]],
    });
    expect(await plugged.provided(SANDBOX).selfTest()).to.deep.equal({ ok: true });
    await plugged.dispose();
    return plugged.warnings;
  }

  it("ends what ran there at once", async () => {
    await runWithDaemon(8_100_000 + process.pid);
    run!.kill("SIGKILL");
    await until(() => daemons(8_100_000 + process.pid).length === 0);
    await until(() => readdirSync(records()).length === 0);
  });

  for (const [index, [what, signal]] of [
    ["stopped", "SIGSTOP"],
    ["killed as well", "SIGKILL"],
  ].entries() as Iterable<[number, [string, NodeJS.Signals]]>) {
    it(`ends at the next start what is left where the supervisor was ${what}, and says so`, async () => {
      const number = 8_200_000 + process.pid * 10 + index;
      await runWithDaemon(number);
      // It would end what its supervisor leaves before it is killed itself.
      run!.kill("SIGSTOP");
      for (const pid of supervisors().filter((pid) => processesWith("run.py").includes(pid))) process.kill(pid, signal);
      run!.kill("SIGKILL");
      expect(daemons(number)).to.have.length(1);
      await until(() => run!.signalCode !== null);
      const warnings = await start();
      expect(warnings.join("\n")).to.match(/\d+ processes that a killed run had left behind were ended/);
      await until(() => daemons(number).length === 0);
      expect(readdirSync(records())).to.deep.equal([]);
    });
  }

  it("ends nothing of a run that goes on", async () => {
    await runWithDaemon(8_300_000 + process.pid);
    expect((await start()).join("\n")).not.to.match(/left behind/);
    expect(daemons(8_300_000 + process.pid)).to.have.length(1);
    run!.kill("SIGKILL");
    await until(() => daemons(8_300_000 + process.pid).length === 0);
  });

  it("ends no process that only has the number of one that was recorded, and forgets the record if it is of this machine", async () => {
    const innocent = spawn("sleep", ["100"]);
    const place = `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()} ${readlinkSync("/proc/self/ns/pid")}`;
    const gone = [innocent.pid, 1, place];
    mkdirSync(records());
    writeFileSync(join(records(), "recorded-here"), JSON.stringify({ place, supervisor: gone, owner: gone }));
    writeFileSync(join(records(), "recorded-elsewhere"), JSON.stringify({ place: "another boot", supervisor: gone, owner: gone }));
    writeFileSync(join(records(), "half-written"), "{");
    await start();
    expect(existsSync(`/proc/${innocent.pid}`)).to.equal(true);
    expect(innocent.signalCode).to.equal(null);
    innocent.kill("SIGKILL");
    expect(readdirSync(records())).to.deep.equal(["half-written", "recorded-elsewhere"]);
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 50));
}
