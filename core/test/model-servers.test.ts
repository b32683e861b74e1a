import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type ModelServersPlace, modelServers } from "../src/host/model-servers.ts";
import { ProcessGroups } from "../src/host/process-groups.ts";
import { StopSwitch } from "../src/loop/stop-switch.ts";
import { failureOf } from "./support/failures.ts";
import { end, isAlive } from "./support/processes.ts";
import { until } from "./support/runs.ts";

/** Real processes: Node programs in the place of model servers. */
describe("a model server", function () {
  this.timeout(30_000);
  let folder: string;
  let servers: ReturnType<typeof modelServers>;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-servers-")));
  });
  afterEach(async () => {
    await servers?.close();
    for (const name of readdirSync(folder).filter((file) => file.endsWith(".pid"))) end(pidIn(name));
    rmSync(folder, { recursive: true, force: true });
  });

  const pidIn = (name: string) => Number(readFileSync(join(folder, name), "utf8"));
  /** Both processes of a server, once they have written down their ids. */
  const bothPids = () =>
    until(() => readdirSync(folder).filter((name) => name.endsWith(".pid")).length === 2 && ["leader.pid", "worker.pid"].map(pidIn));
  /** Has a worker in its group; answers where it does not load for ever. */
  const program = (what: "loads for ever" | "answers") => `
    process.chdir(${JSON.stringify(folder)}); const fs = require("fs");
    const worker = ${JSON.stringify(`fs = require("fs"); fs.writeFileSync("worker.draft", String(process.pid)); fs.renameSync("worker.draft", "worker.pid"); setInterval(() => {}, 1000)`)};
    require("child_process").spawn(process.execPath, ["-e", worker], { stdio: "inherit" });
    fs.writeFileSync("leader.draft", String(process.pid)); fs.renameSync("leader.draft", "leader.pid");
    ${what === "answers" ? `require("http").createServer((_, response) => response.end("{}")).listen(Number(process.argv[1]));` : "setInterval(() => {}, 1000);"}`;
  const request = (what: Parameters<typeof program>[0]) => ({
    model: "m",
    command: [process.execPath, "-e", program(what), "{port}"],
    env: {},
    path: "/v1",
    readyTimeoutMs: 600_000,
  });
  const start = (what: Parameters<typeof program>[0], place: ModelServersPlace = {}) => {
    servers = modelServers(place);
    return servers.start(request(what));
  };

  it("that answers is ended with its group", async () => {
    const server = await start("answers");
    const pids = await bothPids();
    expect((await fetch(`${server.baseURL}/models`)).ok).to.equal(true);
    await server.stop();
    await until(() => !pids.some(isAlive));
  });

  for (const how of ["softly", "atOnce"] as const) {
    it(`that is still loading is ended, with its group, when the run is stopped: ${how}`, async () => {
      const stop = new StopSwitch();
      const starting = failureOf(start("loads for ever", { stop }));
      const pids = await bothPids();
      stop[how](new Error("stop"));
      expect((await starting).code).to.equal("ATRAJ_INTERRUPTED");
      await until(() => !pids.some(isAlive));
      expect((await failureOf(servers.start(request("answers")))).code).to.equal("ATRAJ_INTERRUPTED");
    });
  }

  it("that is still loading is ended when all are closed", async () => {
    const starting = failureOf(start("loads for ever"));
    const pids = await bothPids();
    await servers.close();
    expect((await starting).code).to.equal("ATRAJ_MODEL_SERVER");
    await until(() => !pids.some(isAlive));
  });

  it("that is still loading is ended when the process ends", async () => {
    const host = join(folder, "host.mjs");
    writeFileSync(
      host,
      `import { modelServers } from ${JSON.stringify(join(import.meta.dirname, "../src/host/model-servers.ts"))};
       void modelServers().start(${JSON.stringify(request("loads for ever"))});
       process.on("message", () => process.exit(1));`,
    );
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", host], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    const pids = await bothPids();
    child.send("end");
    await until(() => !pids.some(isAlive));
  });

  it("is written down while it runs, so that it can be ended after this process was killed", async () => {
    const groups = new ProcessGroups(join(folder, "processes"));
    const server = await start("answers", { groups });
    const [leader] = await bothPids();
    expect(readdirSync(join(folder, "processes"))).to.deep.equal([`${leader}.json`]);
    await server.stop();
    expect(readdirSync(join(folder, "processes"))).to.deep.equal([]);
  });

  it("that fails says its last words", async () => {
    servers = modelServers();
    const failing = { ...request("answers"), command: [process.execPath, "-e", 'console.error("no GPU"); process.exit(3)'] };
    const { message } = await failureOf(servers.start(failing));
    expect(message).to.contain("[ATRAJ_MODEL_SERVER] m: its server could not be had: it ended with code 3.").and.to.contain("  no GPU");
  });
});
