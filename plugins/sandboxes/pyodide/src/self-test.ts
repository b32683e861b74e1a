/** Proves the promises by trying to break them, from JavaScript and from Python, against a file, a server and a variable put there for it. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ExecutionResult } from "@autotraj/core/plugin";
import { lockedNode } from "./command.ts";
import type { ProbeConfig } from "./probe.ts";

const PROBE_TIMEOUT_MS = 30_000;

/** @param execute runs Python as a user's code is run. @throws naming every promise that does not hold */
export async function provePromises(bwrap: string | undefined, execute: (code: string) => Promise<ExecutionResult>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "autotraj-self-test-"));
  const secretFile = join(folder, "secret");
  const secret = randomBytes(8).toString("hex");
  await writeFile(secretFile, secret);
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const target: ProbeConfig = { secretFile, port: (server.address() as AddressInfo).port };
    const broken = [...(await attemptsFromJavaScript(target, bwrap)), ...(await attemptsFromPython(target, secret, execute))];
    if (connections > 0) broken.push("reach a server on this machine");
    if ((await readFile(secretFile, "utf8")) !== secret) broken.push("change a file");
    if (broken.length > 0) throw new Error(`code inside could ${broken.join(", ")}`);
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function attemptsFromJavaScript(target: ProbeConfig, bwrap: string | undefined): Promise<readonly string[]> {
  const { file, args } = lockedNode("probe", target, [], bwrap);
  const { stdout } = await promisify(execFile)(file, args, { env: {}, timeout: PROBE_TIMEOUT_MS });
  return JSON.parse(stdout) as string[];
}

async function attemptsFromPython(
  { secretFile, port }: ProbeConfig,
  secret: string,
  execute: (code: string) => Promise<ExecutionResult>,
): Promise<readonly string[]> {
  const result = await execute(`
import os, socket, subprocess
from pyodide.ffi import to_js
attempts = {
    "read a file": lambda: open(${JSON.stringify(secretFile)}).read(),
    "start a process": lambda: subprocess.run(["/bin/true"], check=True),
    "run JavaScript": lambda: to_js([]).constructor.constructor("return 1")(),
    "see environment variables": lambda: [os.environ[name] for name in ("AUTOTRAJ_CANARY", "SHELL", "PPID")],
}
try:
    socket.create_connection(("127.0.0.1", ${port}), 1)
except OSError:
    pass
for name, attempt in attempts.items():
    try:
        print("could", name, attempt())
    except BaseException:
        pass
print("done")`);
  if (result.status !== "ok" || !result.stdout.endsWith("done\n") || result.stdout.includes(secret)) {
    throw new Error(`the self-test itself did not run (${result.status}): ${(result.stderr || result.stdout).slice(-500)}`);
  }
  return result.stdout.split("\n").flatMap((line) => (line.startsWith("could ") ? [line.slice("could ".length)] : []));
}
