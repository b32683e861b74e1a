/** What hostile code would like to reach on the host: a file, a TCP server, a Unix socket, a variable. All carry a canary. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const CANARY_VARIABLE = "AUTOTRAJ_CANARY_TOKEN";

export interface HostileHost {
  readonly canary: string;
  readonly secretFile: string;
  readonly port: number;
  readonly socket: string;
  /** Connections that reached the host so far: must stay 0. */
  connections(): number;
  /** True while the secret file is as it was. */
  secretIntact(): boolean;
  close(): Promise<void>;
}

export async function openHost(): Promise<HostileHost> {
  const folder = mkdtempSync(join(tmpdir(), "autotraj-hostile-"));
  const canary = `canary-${randomBytes(8).toString("hex")}`;
  const secretFile = join(folder, "secret");
  const socket = join(folder, "socket");
  writeFileSync(secretFile, canary, { mode: 0o666 });
  process.env[CANARY_VARIABLE] = canary;
  let connections = 0;
  const listen = (target: { port: number; host: string } | { path: string }): Promise<Server> =>
    new Promise((resolve, reject) => {
      const server = createServer((connection) => {
        connections += 1;
        connection.destroy();
      });
      server.once("error", reject).listen(target, () => resolve(server));
    });
  const tcp = await listen({ port: 0, host: "127.0.0.1" });
  const unix = await listen({ path: socket });
  const address = tcp.address();
  return {
    canary,
    secretFile,
    socket,
    port: typeof address === "object" && address !== null ? address.port : 0,
    connections: () => connections,
    secretIntact: () => readFileSync(secretFile, "utf8") === canary,
    async close() {
      delete process.env[CANARY_VARIABLE];
      await Promise.all([tcp, unix].map((server) => new Promise((resolve) => server.close(resolve))));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
