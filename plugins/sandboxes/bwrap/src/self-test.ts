/** Proves the sandbox's promises by trying to break them, and puts what is missing into words a person can act on. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type ExecutionResult, PluginError } from "@autotraj/core/plugin";

export type SelfTest = { readonly ok: true } | { readonly ok: false; readonly reason: string };
type Run = (code: string, timeoutMs: number) => Promise<ExecutionResult>;

/** In the environment of every bubblewrap process, and never to be seen inside. */
export const CANARY = { AUTOTRAJ_CANARY: "outside" } as const;

export function findBubblewrap(): string {
  if (process.platform !== "linux") throw new PluginError("NOT_LINUX", `bubblewrap needs Linux; this is ${process.platform}`);
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, "bwrap");
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  throw new PluginError("BWRAP_NOT_FOUND", "bubblewrap is not installed (no bwrap on PATH): apt-get install bubblewrap, or dnf install bubblewrap");
}

/** Prints a JSON object: promise → whether it holds. */
const PROBE = `
import ctypes, json, os, socket, threading
def refuses(attempt):
    try:
        attempt()
        return False
    except (OSError, RuntimeError):
        return True
def fork():
    if os.fork() == 0:
        os._exit(0)
def threads(count):
    started = [threading.Thread(target=leave.wait) for _ in range(count)]
    try:
        for thread in started:
            thread.start()
    finally:
        leave.set()
leave = threading.Event()
threading.stack_size(1 << 16)
libc = ctypes.CDLL(None, use_errno=True)
header, caps = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[1] * 6)
libc.capget(header, caps)
print(json.dumps({
    "files of this machine cannot be opened": refuses(lambda: open("/etc/passwd")) and refuses(lambda: open("/proc/1/environ")),
    "sockets are refused": refuses(lambda: socket.socket(socket.AF_INET)) and refuses(lambda: socket.socket(socket.AF_UNIX)),
    "fork is refused": refuses(fork),
    "threads are counted": refuses(lambda: threads(200)),
    "programs cannot be started": refuses(lambda: os.execv("/bin/true", ["true"])),
    "there are no capabilities": not any(caps),
    "privileges cannot be regained": libc.prctl(39, 0, 0, 0, 0) == 1,
    "/work can be written": open("/work/probe", "w").write("x") == 1,
    "nothing else can be written": refuses(lambda: open("/probe", "w")) and refuses(lambda: open("/dev/shm/probe", "w")),
    "the environment is empty": not any("AUTOTRAJ" in name for name in os.environ),
}))`;

/** @throws naming the promises that do not hold. */
export async function provePromises(run: Run): Promise<void> {
  const probe = await run(PROBE, 10_000);
  if (probe.status !== "ok") throw new PluginError("PROBE_FAILED", `the probe ended with ${probe.status}: ${probe.stderr.trim()}`);
  const promises = Object.entries(JSON.parse(probe.stdout) as Record<string, boolean>);
  const endless = await run("while True: pass", 200);
  const huge = await run("bytearray(1 << 40)", 10_000);
  promises.push(["endless code is stopped", endless.status === "timeout"], ["memory is bounded", huge.status === "memory-limit"]);
  const broken = promises.filter(([, holds]) => !holds).map(([promise]) => promise);
  if (broken.length > 0) throw new PluginError("PROMISE_BROKEN", `these promises do not hold here: ${broken.join("; ")}`);
}

/** @throws when the packages cannot be imported inside. */
export async function provePackages(run: Run): Promise<void> {
  const result = await run("import numpy, sympy\nprint(sympy.sqrt(numpy.int64(4).item()))", 60_000);
  if (result.stdout !== "2\n")
    throw new PluginError("PACKAGES_BROKEN", `NumPy and SymPy do not work inside (${result.status}): ${result.stderr.trim()}`);
}

const NAMESPACES_REFUSED = /new namespace|uid map|gid map|RTM_NEWADDR|pid namespace|user namespace/i;

/** One paragraph: what failed, and what to do about it. */
export function explainFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // What it is about stands first; of what a process has written, the end says most.
  const [first = "", ...others] = message.split("\n").flatMap((line) => line.trim() || []);
  const short = [first, ...others.slice(-3)].join(" ");
  if (!NAMESPACES_REFUSED.test(message)) return short;
  return (
    `${short}. Unprivileged user namespaces are switched off here. As root, one of: sysctl -w kernel.unprivileged_userns_clone=1 (Debian), ` +
    "sysctl -w user.max_user_namespaces=15000, sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu 23.10 and newer); " +
    "in a container: --security-opt seccomp=unconfined --security-opt apparmor=unconfined"
  );
}
