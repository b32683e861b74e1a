/** Tries to break out in the ways that were once open, and takes any success as a refusal. */
import type { ExecutionResult, Sandbox } from "@autotraj/core/plugin";

/** Each line prints its name and whether the attempt was stopped. */
const ATTEMPTS = `
import os
def attempt(name, what):
    try:
        got = what()
    except BaseException as error:
        print(name, "stopped")
    else:
        print(name, "stopped" if got is None else "OPEN")
def host_file():
    return open("/proc/self/environ").read() and 1
def javascript():
    import js
    return getattr(js, "process", None)
def constructor():
    from pyodide.ffi import to_js
    return to_js([1]).constructor.constructor("return process")()
def child():
    import subprocess
    return subprocess.run(["id"])
def network():
    import socket
    connection = socket.create_connection(("127.0.0.1", 1), 1)
    return 1
def environment():
    return 1 if "PATH" in os.environ and "node" in os.environ["PATH"] else None
for name in ("host_file", "javascript", "constructor", "child", "network", "environment"):
    attempt(name, globals()[name])
print("works", 2 + 2)
`;

export async function selfTest(execute: (code: string) => Promise<ExecutionResult>): ReturnType<Sandbox["selfTest"]> {
  try {
    const { status, stdout, stderr } = await execute(ATTEMPTS);
    const open = stdout.split("\n").filter((line) => line.endsWith("OPEN"));
    if (open.length > 0) return { ok: false, reason: `not closed: ${open.map((line) => line.split(" ")[0]).join(", ")}` };
    if (status === "ok" && stdout.includes("works 4")) return { ok: true };
    return { ok: false, reason: `Pyodide does not run here (${status}): ${stderr.trim().split("\n").at(-1) ?? ""}` };
  } catch (error) {
    return { ok: false, reason: `Pyodide does not start here: ${error instanceof Error ? error.message : String(error)}` };
  }
}
