import { createInterface } from "node:readline";
import { pythonEnvironments } from "@autotraj/core";
import { PYTHON, SANDBOX } from "@autotraj/core/plugin";
import { defaultCacheDir, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import bwrap from "../../plugins/sandboxes/bwrap/src/index.ts";
import { needSandbox } from "../hostile/containment.ts";
import { type Command, kill, start } from "../integration/command.ts";
import { inThisProcess } from "../integration/in-this-process.ts";

const HERE = import.meta.dirname;

describe("autotraj sandbox serve", function () {
  this.timeout(60_000);
  let server: Command;
  let url: string;

  before(async function () {
    const services = [[PYTHON, pythonEnvironments(defaultCacheDir())]] as const;
    const plugged = await setupPlugin(bwrap, { options: { workers: 1, packages: false }, services });
    await needSandbox(this, plugged.provided(SANDBOX)).finally(() => plugged.dispose());
    server = start(["sandbox", "serve", "--port", "0"], HERE);
    url = await new Promise((resolve) => createInterface(server.child.stdout!).once("line", resolve));
  });
  after(async () => {
    if (server !== undefined) await kill(server);
  });

  interface Answer {
    readonly status: string;
    readonly run_result: { readonly stdout: string; readonly stderr: string; readonly status: string; readonly return_code: number | null };
  }
  async function ask(code: string, more: object = {}): Promise<Answer> {
    const body = JSON.stringify({ code, language: "python", ...more });
    const response = await fetch(`${url}/run_code`, { method: "POST", headers: { "content-type": "application/json" }, body });
    return (await response.json()) as Answer;
  }

  it("gives code its standard input, in every way of reading it", async () => {
    const code = "import os, sys\nprint(input(), sys.stdin.readline(), repr(sys.stdin.read()))";
    expect((await ask(code, { stdin: "één\ntwo\nthree\n" })).run_result.stdout).to.equal("één two\n 'three\\n'\n");
    expect((await ask("import os\nprint(os.read(0, 100))", { stdin: "raw" })).run_result.stdout).to.equal("b'raw'\n");
    expect((await ask("input()")).run_result.stderr).to.match(/EOFError/);
  });

  it("gives code its files, in folders too", async () => {
    const files = { "a.txt": btoa("hello"), "deep/er/b.py": btoa("x = 41"), "left-out": null };
    const code = "import os, sys\nsys.path.append('deep/er')\nimport b\nprint(open('a.txt').read(), b.x + 1, sorted(os.listdir()))";
    expect((await ask(code, { files })).run_result.stdout).to.equal("hello 42 ['a.txt', 'deep']\n");
  });

  it("shows code with an input nothing else than code without", async () => {
    const code = "print(__name__, sorted(n for n in globals() if not n.startswith('__')))\n1 / 0";
    const [without, withInput] = [await ask(code), await ask(code, { stdin: "x" })];
    expect(withInput.run_result.stdout).to.equal("__main__ []\n");
    expect({ ...withInput.run_result, execution_time: 0 }).to.deep.equal({ ...without.run_result, execution_time: 0 });
    expect(without.run_result.return_code).to.equal(1);
    expect((await ask("bytearray(1 << 33)", { stdin: "x" })).run_result.stderr).to.match(/MemoryError/);
  });

  it("finishes what runs when it is told to stop, and ends well", async () => {
    const answered = ask("import time\nprint('begun', flush=True)\ntime.sleep(1)\nprint('to the end')");
    for (let running = 0; running === 0; ) ({ running } = (await (await fetch(`${url}/healthz`)).json()) as { running: number });
    server.child.kill("SIGTERM");
    expect((await answered).run_result.stdout).to.equal("begun\nto the end\n");
    const { code, stderr } = await server.ended;
    expect(code, stderr).to.equal(0);
    expect(stderr)
      .to.match(/Serving bwrap: \d+ at a time/)
      .and.match(/Stopping: what runs is finished/);
  });
});

describe("autotraj sandbox serve refuses", () => {
  for (const [what, args, message] of [
    ["a token that is not there", ["--token-env", "AUTOTRAJ_NO_SUCH_TOKEN"], /\[ATRAJ_USAGE\].*AUTOTRAJ_NO_SUCH_TOKEN is not set/],
    [
      "a sandbox that isolates nothing, without a token",
      ["--sandbox", "none"],
      /\[ATRAJ_USAGE\].*the sandbox none isolates nothing, so whoever reaches this server has this machine: it is served with a token only/,
    ],
    ["half a request at a time", ["--concurrency", "0.5"], /\[ATRAJ_USAGE\].*--concurrency must be a whole number from 1/],
    ["a sandbox that is no package", ["--sandbox", "nowhere"], /\[ATRAJ_PLUGIN_NOT_FOUND\].*@autotraj\/sandbox-nowhere/],
    ["a plugin that is no sandbox", ["--sandbox", "@autotraj/format-chat"], /\[ATRAJ_USAGE\].*sandbox/],
  ] as const) {
    it(what, async () => {
      const { code, stdout, stderr } = await inThisProcess(["sandbox", "serve", "--port", "0", ...args], HERE);
      expect(code, stderr).to.equal(2);
      expect(stdout).to.equal("");
      expect(stderr).to.match(message).and.not.include("    at ");
    });
  }
});
