/** Lends a sandbox of this machine to others, in SandboxFusion's protocol. fastify is loaded where something is served, and nowhere before. */
import { availableParallelism } from "node:os";
import { definePlugin, SANDBOX_SERVER, SECRETS } from "@autotraj/core/plugin";
import type { SandboxService } from "./service.ts";

export interface SandboxServerOptions {
  /** Default: as many as the machine has cores. */
  readonly concurrency?: number;
  readonly queue: number;
  readonly maxTimeoutMs: number;
  readonly maxMemoryMiB: number;
  readonly maxBodyMiB: number;
  readonly clientTimeoutMs: number;
}

const MIB = 2 ** 20;
/** setTimeout takes a 32-bit number and fires at once beyond it. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export default definePlugin<SandboxServerOptions>({
  meta: {
    name: "@autotraj/server-sandbox",
    apiVersion: 1,
    kind: "server",
    description: "Lends a sandbox of this machine to others, in SandboxFusion's protocol",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        concurrency: { type: "integer", minimum: 1, description: "Executions at the same time. Default: as many as the machine has cores." },
        queue: { type: "integer", minimum: 0, default: 64, description: "Requests that may wait; more are sent away with 429." },
        maxTimeoutMs: {
          type: "integer",
          minimum: 1,
          maximum: LONGEST_TIMER_MS,
          default: 120_000,
          description: "Longest `run_timeout` that a request may ask for.",
        },
        maxMemoryMiB: { type: "integer", minimum: 1, default: 4096, description: "Largest `memory_limit_MB` that a request may ask for." },
        maxBodyMiB: { type: "integer", minimum: 1, default: 4, description: "Longest request, in MiB." },
        clientTimeoutMs: {
          type: "integer",
          minimum: 1,
          maximum: LONGEST_TIMER_MS,
          default: 30_000,
          description: "How long a client may take to send a request, and to take its answer.",
        },
      },
    },
    provides: [SANDBOX_SERVER],
    requires: [SECRETS],
    supports: { network: true },
  },
  setup(api, { maxBodyMiB, concurrency = availableParallelism(), ...options }) {
    const { hide } = api.use(SECRETS);
    const services = new Set<SandboxService>();
    api.onDispose(async () => {
      for (const service of services) await service.stopAtOnce();
    });
    api.provide(SANDBOX_SERVER, {
      async serve(sandbox, { host = "127.0.0.1", port = 0, token } = {}) {
        const { SandboxService } = await import("./service.ts");
        const service = new SandboxService(sandbox, {
          ...options,
          ...{ host, port, concurrency, hide, maxBodyBytes: maxBodyMiB * MIB },
          ...(token === undefined ? {} : { token }),
          onFailure: (message) => api.log.warn(message),
        });
        const url = await service.listen();
        services.add(service);
        return { url, drain: () => service.stop(), close: () => service.stopAtOnce() };
      },
    });
  },
});
