import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { ProcessGroups } from "../src/host/process-groups.ts";
import { StopSwitch } from "../src/loop/stop-switch.ts";
import { isAlive } from "./support/processes.ts";
import { until } from "./support/runs.ts";

describe("what a killed run left running", function () {
  this.timeout(30_000);
  let folder: string;
  const children: ChildProcess[] = [];
  const said: string[] = [];
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-groups-")));
    said.length = 0;
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  /** A process in a group of its own that has said that it is ready. */
  async function started(program: string): Promise<number> {
    const child = spawn(process.execPath, ["-e", `${program}; console.log("ready"); setInterval(() => {}, 1000)`], {
      detached: true,
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    await new Promise((ready) => child.stdout?.once("data", ready));
    return child.pid ?? 0;
  }
  const records = () => readdirSync(folder);
  const endOrphans = (stop = new StopSwitch()) => new ProcessGroups(folder).endOrphans(stop, (message) => said.push(message));

  it("is ended with time to finish, and that is said in one line", async () => {
    const pid = await started(
      `process.on("SIGTERM", () => { require("fs").writeFileSync(${JSON.stringify(join(folder, "saved"))}, "x"); process.exit(); })`,
    );
    new ProcessGroups(folder).record(pid, 'stage "sft"', 10_000);
    await endOrphans();
    expect(isAlive(pid)).to.equal(false);
    expect(said).to.deep.equal([`stage "sft": its process ${pid} outlived the run that was killed; it is ended first`]);
    expect(records()).to.deep.equal(["saved"]);
    await endOrphans();
    expect(said).to.have.length(1);
  });

  it("is killed where it does not listen, with all of its group", async () => {
    const worker = join(folder, "worker");
    const pid = await started(
      `process.on("SIGTERM", () => {}); const c = require("child_process").spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)"]);
       require("fs").writeFileSync(${JSON.stringify(worker)}, String(c.pid))`,
    );
    new ProcessGroups(folder).record(pid, "the server", 200);
    const child = Number(readFileSync(worker, "utf8"));
    await endOrphans();
    expect(isAlive(pid)).to.equal(false);
    await until(() => !isAlive(child));
  });

  it("is not waited for when the run is stopped at once", async () => {
    const pid = await started('process.on("SIGTERM", () => {})');
    new ProcessGroups(folder).record(pid, "the server", 600_000);
    const stop = new StopSwitch();
    stop.atOnce(new Error("stop"));
    await endOrphans(stop);
    expect(isAlive(pid)).to.equal(false);
  });

  it("is told by its start time from a stranger that was given its number since", async () => {
    const pid = await started("");
    new ProcessGroups(folder).record(pid, "the server", 100);
    const [file = ""] = records();
    const record = JSON.parse(readFileSync(join(folder, file), "utf8"));
    writeFileSync(join(folder, file), JSON.stringify({ ...record, started: `${record.started}1` }));
    await endOrphans();
    expect(isAlive(pid)).to.equal(true);
    expect(said).to.deep.equal([]);
    expect(records()).to.deep.equal([]);
  });
});
