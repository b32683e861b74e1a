import { createInterface } from "node:readline";
import { pythonEnvironments } from "@autotraj/core";
import { type ExecutionRequest, type ExecutionResult, type Plugin, PYTHON, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
// As it is built: from the sources, each interpreter would strip the types of its program anew.
import pyodide from "@autotraj/sandbox-pyodide";
import { defaultCacheDir, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import bwrap from "../../plugins/sandboxes/bwrap/src/index.ts";
import fusion from "../../plugins/sandboxes/fusion/src/index.ts";
import { needSandbox } from "../hostile/containment.ts";
import { CANARY_VARIABLE, type HostileHost, openHost } from "../hostile/host.ts";
import { type Command, kill, start } from "../integration/command.ts";
import { type Call, cases, type Place } from "./cases.ts";

const DEFAULTS = { timeoutMs: 10_000, memoryMiB: 1024 };
const WORKERS = 2;

interface Opened {
  readonly sandbox: Sandbox;
  close(): Promise<void>;
}

/** How each sandbox is had. `skip`: it cannot be had on this machine. */
const places: Readonly<Record<Place, (skip: Mocha.Context) => Promise<Opened>>> = {
  bwrap: (context) => plugged(context, bwrap, { workers: WORKERS }),
  // Without bubblewrap around it: what is promised here holds on every system.
  pyodide: (context) => plugged(context, pyodide, { workers: WORKERS, sympy: false, netns: "never" }),
  async "fusion over sandbox serve"(context) {
    // Proves bubblewrap before the server is asked to: one that is missing is a skip, not a failure.
    await (await plugged(context, bwrap, { workers: 1, packages: false })).close();
    const server = start(["sandbox", "serve", "--port", "0", "--json"], import.meta.dirname);
    const { sandbox, close } = await plugged(context, fusion, { urls: [await urlOf(server)] });
    return {
      sandbox,
      async close() {
        await close();
        await kill(server);
      },
    };
  },
};

async function plugged<O>(context: Mocha.Context, plugin: Plugin<O>, options: object): Promise<Opened> {
  const { provided, dispose } = await setupPlugin(plugin, { options, services: [[PYTHON, pythonEnvironments(defaultCacheDir())]] });
  const sandbox = provided(SANDBOX);
  await needSandbox(context, sandbox);
  return { sandbox, close: dispose };
}

async function urlOf({ child, ended }: Command): Promise<string> {
  const first = new Promise<string>((resolve) => createInterface(child.stdout!).once("line", resolve));
  const line = await Promise.race([first, ended.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
  return (JSON.parse(line) as { url: string }).url;
}

for (const [place, open] of Object.entries(places) as [Place, (typeof places)[Place]][]) {
  describe(`the sandbox ${place}`, function () {
    this.timeout(60_000);
    let sandbox: Sandbox;
    let close: (() => Promise<void>) | undefined;
    let host: HostileHost;
    before(async function () {
      this.timeout(180_000);
      host = await openHost();
      ({ sandbox, close } = await open(this));
    });
    after(async () => {
      await close?.();
      await host.close();
    });

    const run = (request: Partial<ExecutionRequest> & { code: string }, signal = new AbortController().signal) =>
      sandbox.execute({ ...DEFAULTS, ...request }, { signal });

    for (const { name, calls, except } of cases) {
      if (except?.[place] !== undefined) continue;
      it(name, async () => {
        try {
          for (const { session, ...call } of calls) check(await run(session ? { ...call, session: name } : call), call);
        } finally {
          sandbox.endSession?.(name);
        }
      });
    }

    it("gives each of many executions at the same time its own answer", async () => {
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, i) => run({ code: `open('mine', 'x').write('${i}')\nprint(open('mine').read())` })),
      );
      expect(results.map(({ stdout }) => stdout)).to.deep.equal(Array.from({ length: 8 }, (_, i) => `${i}\n`));
    });

    it("keeps sessions at the same time apart, and each one's calls in order", async () => {
      const names = ["red", "green", "blue"];
      const printed = names.map((session) =>
        Promise.all([
          run({ session, code: `word = '${session}'` }),
          run({ session, code: "word = word.upper()" }),
          run({ session, code: "print(word, 'other' in globals())\nother = 1" }),
        ]),
      );
      const results = await Promise.all(printed);
      for (const session of names) sandbox.endSession?.(session);
      expect(results.map((calls) => calls.at(-1)?.stdout)).to.deep.equal(["RED False\n", "GREEN False\n", "BLUE False\n"]);
    });

    it("forgets a session that was ended", async () => {
      await run({ session: "ended", code: "x = 1" });
      sandbox.endSession?.("ended");
      expect((await run({ session: "ended", code: "print('x' in globals())" })).stdout).to.equal("False\n");
      sandbox.endSession?.("ended");
    });

    it("has no network", async () => {
      const code = `
import socket
try:
    with socket.create_connection(("127.0.0.1", ${host.port}), timeout=2) as connection:
        connection.sendall(b"hello")
        print(connection.recv(1))
except Exception as error:
    print("refused")`;
      await run({ code });
      expect(host.connections()).to.equal(0);
    });

    it("shows no secret of the machine: no variable, no file", async () => {
      const code = `
import os
print(dict(os.environ), os.environ.get("${CANARY_VARIABLE}"))
for path in (${JSON.stringify(host.secretFile)}, "/proc/self/environ", "/proc/1/environ"):
    try:
        print(open(path).read())
    except OSError:
        print("refused")`;
      const { stdout, stderr } = await run({ code });
      expect(stdout, stderr).to.match(/None\nrefused\n/);
      expect(stdout + stderr).not.to.include(host.canary);
    });

    it("lets go of an execution that is aborted, and goes on", async () => {
      const controller = new AbortController();
      const running = run({ code: "while True: pass", timeoutMs: 30_000 }, controller.signal);
      setTimeout(() => controller.abort(new Error("stopped")), 300);
      const error = await running.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).to.have.property("message", "stopped");
      expect((await run({ code: "print(2 + 2)" })).stdout).to.equal("4\n");
    });
  });
}

function check(result: ExecutionResult, { code, status, stdout, stderr, truncatedBytes, lost }: Omit<Call, "session">): void {
  const shown = `${code}\n→ ${JSON.stringify({ ...result, stdout: result.stdout.slice(0, 300), stderr: result.stderr.slice(-600) })}`;
  expect(result.status, shown).to.equal(status);
  for (const [printed, expected] of [
    [result.stdout, stdout],
    [result.stderr, stderr],
  ] as const) {
    if (typeof expected === "string") expect(printed === expected, shown).to.equal(true);
    else if (expected !== undefined) expect(expected.test(printed), `${expected}\n${shown}`).to.equal(true);
  }
  if (truncatedBytes !== undefined) expect(result.truncatedBytes, shown).to.equal(truncatedBytes);
  expect(result.sessionLost ?? false, shown).to.equal(lost ?? false);
}
