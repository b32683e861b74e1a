import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { pythonEnvironments } from "../src/host/python-environments.ts";
import { PluginClock } from "../src/kernel/plugin-clock.ts";
import { failureOf } from "./support/failures.ts";

/** The smallest package that pip installs without asking anybody, with two and a half megabytes in it. */
const WHEEL = `
import sys, zipfile
info = "demo-1.0.dist-info"
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("demo.py", "VALUE = 42\\n")
    wheel.writestr("demo_weights.bin", bytes(2_500_000))
    wheel.writestr(info + "/METADATA", "Metadata-Version: 2.1\\nName: demo\\nVersion: 1.0\\n")
    wheel.writestr(info + "/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "/RECORD", "")
`;

describe("Python environments", function () {
  this.timeout(120_000);
  let cache: string;
  beforeEach(() => {
    cache = mkdtempSync(join(tmpdir(), "autotraj-python-"));
  });
  afterEach(() => rmSync(cache, { recursive: true, force: true }));

  it("are whole and one, however many make the same at once in one process", async () => {
    const makers = Array.from({ length: 4 }, () => pythonEnvironments(cache));
    const made = await Promise.all(makers.map((maker) => maker.ensure("empty", [])));
    expect(new Set(made.map(({ python }) => python)).size).to.equal(1);
    const { stdout } = await promisify(execFile)(made[0]!.python, ["-c", "print(6 * 7)"]);
    expect(stdout).to.equal("42\n");
    expect(readdirSync(join(cache, "python"))).to.have.length(1);
  });

  it("leave nothing behind where they are ended while they are made", async () => {
    const wheel = await endlessWheel(cache);
    const ending = new AbortController();
    let begun = () => {};
    const begins = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const environments = pythonEnvironments(cache, begun, ending.signal);
    const failure = failureOf(environments.ensure("demo", [wheel]));
    await begins;
    ending.abort();
    await environments.settled();
    expect((await failure).code).to.equal("ATRAJ_INTERRUPTED");
    expect(readdirSync(join(cache, "python"))).to.deep.equal([]);
  });

  it("take no time of the taps that wait for them, of the first as of the second", async () => {
    const wheel = await endlessWheel(cache);
    const ending = new AbortController();
    const environments = pythonEnvironments(cache, () => {}, ending.signal);
    const over: string[] = [];
    const taps = ["first", "second"].map((name) => {
      const clock = new PluginClock(500, () => void over.push(name));
      return { clock, failure: clock.run(() => failureOf(environments.ensure("demo", [wheel]))) };
    });
    await new Promise((passed) => setTimeout(passed, 1500));
    ending.abort();
    for (const { clock, failure } of taps) {
      expect((await failure).code).to.equal("ATRAJ_INTERRUPTED");
      clock.stop();
    }
    expect(over).to.deep.equal([]);
  });

  it("that cannot be made say pip's last words, and what to do about pip or about Python", async () => {
    const wheel = join(cache, "demo-1.0-py3-none-any.whl");
    const told = async () => {
      const { code, message } = await failureOf(pythonEnvironments(cache).ensure("demo", [wheel]));
      expect(code).to.equal("ATRAJ_PYTHON");
      return message;
    };
    const byPip = await told();
    expect(byPip)
      .to.match(/the environment demo could not be made: 1 package in .*demo-/)
      .and.contain("PIP_FIND_LINKS");
    expect(byPip).not.to.contain("python3-venv");
    const python = join(cache, "python-without-pip");
    const before = process.env["AUTOTRAJ_PYTHON"];
    process.env["AUTOTRAJ_PYTHON"] = python;
    try {
      // `sys.executable` is asked for: it has to name this one.
      writeFileSync(
        python,
        `#!/bin/sh\n[ "$1" = -c ] && exec python3 -c 'print("${python}"); print("3.11.0")'\n[ "$2" = pip ] && echo "No module named pip" >&2 && exit 1\nexec python3 "$@"\n`,
        { mode: 0o755 },
      );
      expect(await told()).to.contain("python3-venv");
    } finally {
      if (before === undefined) delete process.env["AUTOTRAJ_PYTHON"];
      else process.env["AUTOTRAJ_PYTHON"] = before;
    }
  });

  it("say what is installed and how large it has become, once", async () => {
    const wheel = join(cache, "demo-1.0-py3-none-any.whl");
    await promisify(execFile)("python3", ["-c", WHEEL, wheel]);
    const said: string[] = [];
    const environments = pythonEnvironments(cache, (message) => said.push(message));
    const { python, sitePackages } = await environments.ensure("demo", [wheel]);
    const { stdout } = await promisify(execFile)(python, ["-c", "import demo; print(demo.VALUE)"]);
    expect(stdout).to.equal("42\n");
    expect(said[0]).to.equal("the Python environment demo is installed, once for this machine: 1 package");
    expect(said[1]).to.match(/^the Python environment demo is ready: 3 MB, after \d+ s$/);
    await pythonEnvironments(cache, (message) => said.push(message)).ensure("demo", [wheel]);
    expect(said).to.have.length(2);
    // What was unpacked beside it is gone.
    expect(readdirSync(join(sitePackages, "..", "..", "..")).sort()).not.to.include("unpacking");
  });
});

/** Nobody writes into it: pip waits. */
async function endlessWheel(folder: string): Promise<string> {
  const wheel = join(folder, "demo-1.0-py3-none-any.whl");
  await promisify(execFile)("mkfifo", [wheel]);
  return wheel;
}
