import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PYTHON, type PythonEnvironments, SANDBOX } from "@autotraj/core/plugin";
// As it is built: from the sources, each interpreter would strip the types of its program anew.
import plugin from "@autotraj/sandbox-pyodide";
import { type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import { lockedNode } from "../src/command.ts";

const request = { code: "print(2 + 2)", timeoutMs: 10_000, memoryMiB: 128 };
const context = { signal: new AbortController().signal };

describe("A Pyodide sandbox starts", function () {
  this.timeout(120_000);
  let cacheDir: string;
  const plugged: PluginUnderTest[] = [];
  const setup = async (options: object, services: Parameters<typeof setupPlugin>[1] = {}) => {
    plugged.push(await setupPlugin(plugin, { options: { warm: 0, ...options }, cacheDir, ...services }));
    return { plugged: plugged.at(-1)!, sandbox: plugged.at(-1)!.provided(SANDBOX) };
  };
  const snapshots = () => readdirSync(join(cacheDir, "pyodide")).filter((name) => name.endsWith(".snapshot"));

  before(() => {
    cacheDir = mkdtempSync(join(tmpdir(), "autotraj-pyodide-"));
  });
  afterEach(async () => {
    for (const one of plugged.splice(0)) await one.dispose();
  });
  after(() => rmSync(cacheDir, { recursive: true, force: true }));

  it("with an empty cache, and leaves a memory image there", async () => {
    const { sandbox, plugged } = await setup({ sympy: false });
    expect(await sandbox.execute(request, context)).to.include({ status: "ok", stdout: "4\n" });
    expect(sandbox.packages).to.deep.equal([]);
    expect(snapshots()).to.have.length(1);
    expect(plugged.warnings).to.deep.equal([]);
  });

  it("without SymPy when pip cannot get it, and offers none", async () => {
    const environments: PythonEnvironments = {
      ensure: async () => ({ python: "false", basePython: "false", sitePackages: "", version: "" }),
    };
    const { sandbox, plugged } = await setup({}, { services: [[PYTHON, environments]] });
    expect(await sandbox.selfTest()).to.deep.equal({ ok: true });
    expect(sandbox.packages).to.deep.equal([]);
    expect(plugged.warnings[0]).to.match(/^code runs without SymPy: SymPy's wheels could not be downloaded/);
    const result = await sandbox.execute({ ...request, code: "import sympy" }, context);
    expect(result.stderr).to.include("ModuleNotFoundError: No module named 'sympy'");
  });

  it("in namespaces of bubblewrap where it is told to and can", async function () {
    if (spawnSync("bwrap", ["--unshare-user", "--unshare-net", "--ro-bind", "/", "/", "true"]).status !== 0) this.skip();
    const { sandbox } = await setup({ sympy: false, netns: "always" });
    // A session's process stays to be looked at.
    expect(await sandbox.execute({ ...request, session: "one" }, context)).to.include({ status: "ok", stdout: "4\n" });
    expect(execFileSync("ps", ["-ww", "-A", "-o", "args="], { encoding: "utf8" })).to.match(new RegExp(`bwrap .*--unshare-net.*runner.*${cacheDir}`));
  });

  it("and lets sessions in turn where there is one worker and room for one session", async () => {
    const { sandbox } = await setup({ sympy: false, workers: 1, maxSessions: 1 });
    const say = (session: string) => sandbox.execute({ ...request, code: `print("${session}")`, session }, context);
    const printed = await Promise.all(["one", "two", "three"].map(say));
    expect(printed.map(({ stdout }) => stdout)).to.deep.equal(["one\n", "two\n", "three\n"]);
  });

  it("and opens no session for a call that waited while its session was ended", async () => {
    const { sandbox } = await setup({ sympy: false, workers: 1 });
    await sandbox.selfTest();
    const busy = sandbox.execute({ ...request, code: "import time\ntime.sleep(0.5)" }, context);
    const call = sandbox.execute({ ...request, session: "one" }, context).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    await new Promise((resolve) => setImmediate(resolve));
    sandbox.endSession!("one");
    expect(await call).to.include({ code: "SESSION_ENDED", message: "session one is gone: it was closed." });
    expect(await busy).to.include({ status: "ok" });
  });

  it("not at all once it has been disposed", async () => {
    const { sandbox, plugged } = await setup({ sympy: false });
    await plugged.dispose();
    const error = await sandbox.execute(request, context).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).to.be.an("error").with.property("code", "ISOLATION_UNAVAILABLE");
  });

  it("without the memory image when it is damaged, says so and throws it away", async () => {
    const [snapshot] = snapshots();
    truncateSync(join(cacheDir, "pyodide", snapshot!), 1_000);
    const { sandbox, plugged } = await setup({ sympy: false });
    expect(await sandbox.execute(request, context)).to.include({ status: "ok", stdout: "4\n" });
    expect(plugged.warnings).to.have.length(1);
    expect(plugged.warnings[0]).to.match(/^interpreters start slowly: the memory image "stdlib" cannot be used/);
    expect(snapshots()).to.deep.equal([]);
  });
});

describe("The probe behind the self-test", function () {
  this.timeout(30_000);
  let folder: string;
  let server: Server;
  let config: { secretFile: string; port: number };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-probe-"));
    writeFileSync(join(folder, "secret"), "secret");
    server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    config = { secretFile: join(folder, "secret"), port: typeof address === "object" && address !== null ? address.port : 0 };
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("finds no way out of a locked-down process", () => {
    const { file, args } = lockedNode("probe", config, [], undefined);
    expect(JSON.parse(execFileSync(file, args, { env: {}, encoding: "utf8" }))).to.deep.equal([]);
  });

  it("finds the ways out that Node's flags would have closed", () => {
    const { args } = lockedNode("probe", config, [], undefined);
    const open = JSON.parse(execFileSync(process.execPath, args.slice(-2), { env: { CANARY: "1" }, encoding: "utf8" })) as string[];
    expect(open).to.include.members([
      "read a file",
      "write a file",
      "start a process",
      "start a worker",
      "see environment variables",
      "compile a string",
    ]);
  });
});
