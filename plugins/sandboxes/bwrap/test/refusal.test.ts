import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pythonEnvironments } from "@autotraj/core";
import { PYTHON, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
import { defaultCacheDir, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";
import { explainFailure } from "../src/self-test.ts";

describe("sandbox-bwrap, where it cannot isolate,", () => {
  const path = process.env["PATH"] ?? "";
  const folder = mkdtempSync(join(tmpdir(), "autotraj-path-"));
  afterEach(() => {
    process.env["PATH"] = path;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  async function selfTestWithPath(changed: string): Promise<{ sandbox: Sandbox; tested: Awaited<ReturnType<Sandbox["selfTest"]>> }> {
    const plugged = await setupPlugin(plugin, { options: { packages: false }, services: [[PYTHON, pythonEnvironments(defaultCacheDir())]] });
    const sandbox = plugged.provided(SANDBOX);
    process.env["PATH"] = changed;
    return { sandbox, tested: await sandbox.selfTest() };
  }

  function fakeBubblewrap(script: string): string {
    writeFileSync(join(folder, "bwrap"), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, "bwrap"), 0o755);
    return `${folder}${delimiter}${path}`;
  }

  it("says that bubblewrap is missing and what to install, and runs nothing", async () => {
    const { sandbox, tested } = await selfTestWithPath("/nowhere");
    expect(tested)
      .to.have.property("reason")
      .that.matches(/apt-get install bubblewrap/);
    const running = sandbox.execute({ code: "print(1)", timeoutMs: 1_000, memoryMiB: 256 }, { signal: new AbortController().signal });
    expect(await running.catch((error: unknown) => error)).to.have.property("code", "ISOLATION_UNAVAILABLE");
  });

  it("explains refused user namespaces with the settings to change", async () => {
    const { tested } = await selfTestWithPath(fakeBubblewrap("echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1"));
    expect(tested).to.have.property("ok", false);
    expect(tested)
      .to.have.property("reason")
      .that.matches(/setting up uid map: Permission denied/)
      .and.matches(/sysctl -w user.max_user_namespaces/);
  });

  it("passes on whatever else bubblewrap says", async () => {
    const { tested } = await selfTestWithPath(fakeBubblewrap("echo 'bwrap: Unknown option --cap-add' >&2; exit 1"));
    expect(tested)
      .to.have.property("reason")
      .that.matches(/Unknown option --cap-add/);
  });

  it("says first what it is about, where much is said of it", () => {
    const error = new Error("no Python is found.\n  python3: ENOENT\n  python3.12: ENOENT\n  python3.11: ENOENT\n  Install Python.");
    expect(explainFailure(error)).to.equal("no Python is found. python3.12: ENOENT python3.11: ENOENT Install Python.");
  });

  const real = path
    .split(delimiter)
    .map((place) => join(place, "bwrap"))
    .find((place) => existsSync(place));

  it("says that threads cannot be counted where somebody else listens to the kernel's questions", async function () {
    if (real === undefined) return this.skip();
    writeFileSync(
      join(folder, "listen.py"),
      `
import ctypes, os, struct, sys
libc = ctypes.CDLL(None)
libc.prctl(38, 1, 0, 0, 0)
allow = ctypes.create_string_buffer(struct.pack("=HBBI", 6, 0, 0, 0x7FFF0000), 8)
program = struct.pack("@HxxxxxxQ", 1, ctypes.addressof(allow))
os.set_inheritable(libc.syscall(277 if os.uname().machine == "aarch64" else 317, 1, 8, program), True)
os.execv("${real}", ["bwrap", *sys.argv[1:]])`,
    );
    const { tested } = await selfTestWithPath(fakeBubblewrap(`exec python3 ${folder}/listen.py "$@"`));
    expect(tested)
      .to.have.property("reason")
      .that.matches(/could not be isolated: .*seccomp with a listener .*nobody listening around it\): Device or resource busy/);
  });

  it("names the promise that a bubblewrap breaks", async function () {
    if (real === undefined) return this.skip();
    const { tested } = await selfTestWithPath(fakeBubblewrap(`exec ${real} --ro-bind /etc /etc "$@"`));
    expect(tested)
      .to.have.property("reason")
      .that.matches(/do not hold here: files of this machine cannot be opened$/);
  });
});
