/** Tries to break what the sandbox promises, from inside: a sandbox is used where this fails. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sandbox } from "@autotraj/core/plugin";

/** The promise that does not hold, as a sentence; undefined where all do. */
export async function brokenPromise(execute: Sandbox["execute"]): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), "{{name}}-"));
  const server = createServer((socket) => socket.end());
  try {
    const secret = join(folder, "secret");
    await writeFile(secret, randomUUID());
    await once(server.listen(0, "127.0.0.1"), "listening");
    const code = attack(secret, (server.address() as AddressInfo).port);
    const request = { code, timeoutMs: 60_000, memoryMiB: 256 };
    const { status, stdout, stderr } = await execute(request, { signal: AbortSignal.timeout(120_000) });
    if (status !== "ok") return `Python does not run in it: ${stderr.slice(0, 300)}`;
    return stdout.trim() === "" ? undefined : `code in it can ${stdout.trim()}`;
  } catch (error) {
    return `it cannot be started: ${(error as Error).message}`;
  } finally {
    server.close();
    await rm(folder, { recursive: true });
  }
}

/** Prints what it could do and should not. */
function attack(file: string, port: number): string {
  return `import os, socket
if os.path.exists(${JSON.stringify(file)}):
    print("read this machine's files")
try:
    socket.create_connection(("127.0.0.1", ${port}), 2)
    print("reach this machine's network")
except OSError:
    pass
`;
}
