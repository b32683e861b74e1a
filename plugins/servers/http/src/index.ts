/** Serves episodes and rewards over HTTP to trainers that sample by themselves. fastify is loaded where something is served, and nowhere before. */
import { randomBytes } from "node:crypto";
import { DIALECTS, definePlugin, EPISODE_SERVER, isLoopback, PluginError, SECRETS } from "@autotraj/core/plugin";
import { type GymInvalid, RESERVED } from "./gym.ts";
import type { HttpService, Protocol } from "./service.ts";

export interface HttpServerOptions {
  readonly protocols: readonly Protocol[];
  readonly maxBodyMiB: number;
  readonly maxInFlight: number;
  readonly timeoutMs: number;
  readonly remember: number;
  readonly fallbackReward?: number;
  readonly gymInvalid: GymInvalid;
  readonly assistantHeader?: string;
}

const MIB = 2 ** 20;
/** setTimeout takes a 32-bit number and fires at once beyond it. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export default definePlugin<HttpServerOptions>({
  meta: {
    name: "@autotraj/server-http",
    apiVersion: 1,
    kind: "server",
    description: "Serves episodes and rewards over HTTP to trainers that sample by themselves: native protocol, OpenRLHF, LLaMA-Factory, NeMo Gym",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        protocols: {
          type: "array",
          items: { enum: ["openrlhf", "llamafactory", "gym"] },
          default: ["openrlhf", "llamafactory", "gym"],
          description:
            "What is spoken besides the native protocol. LLaMA-Factory's needs the list of tasks, which a run's own service does not have.",
        },
        maxBodyMiB: { type: "integer", minimum: 1, default: 64, description: "Longest request, in MiB." },
        maxInFlight: { type: "integer", minimum: 1, default: 4096, description: "Requests at the same time; more are sent away with 503." },
        timeoutMs: {
          type: "integer",
          minimum: 1,
          maximum: LONGEST_TIMER_MS,
          default: 300_000,
          description: "Longest time a request may take. What it began goes on, and the client may ask again.",
        },
        remember: { type: "integer", minimum: 1, default: 100_000, description: "Rewards that are remembered by the ids of their samples." },
        fallbackReward: {
          type: "number",
          description: "OpenRLHF, LLaMA-Factory: the reward of invalid samples. Default: such a request fails.",
        },
        gymInvalid: {
          enum: ["mask", "refuse"],
          default: "refuse",
          description: "NeMo Gym: invalid samples are answered with mask_sample, or (for verifiers, prime-rl) with status 503.",
        },
        assistantHeader: {
          type: "string",
          description: "LLaMA-Factory: by which the chat template begins the model's turn. Default: one of the common ones.",
        },
      },
    },
    provides: [EPISODE_SERVER],
    requires: [DIALECTS, SECRETS],
    supports: { deterministic: true, network: true },
  },
  setup(api, { maxBodyMiB, ...options }) {
    const [dialects, secrets] = [api.use(DIALECTS), api.use(SECRETS)];
    const services = new Set<HttpService>();
    api.onDispose(async () => {
      for (const service of services) await service.close();
    });
    api.provide(EPISODE_SERVER, {
      reservedToolNames: options.protocols.includes("gym") ? RESERVED : new Set<string>(),
      async serve(episodes, { host = "127.0.0.1", port = 0, token = newToken(), tasks } = {}) {
        if (token === null && !isLoopback(host)) {
          throw new PluginError("TOKEN_NEEDED", `without a token only this machine's own addresses are served, not ${host}.`, {
            hint: "Leave the token out: a new one is then made.",
          });
        }
        const { HttpService } = await import("./service.ts");
        const service = new HttpService({
          ...options,
          ...{ episodes, dialects, secrets, token: token ?? undefined, maxBodyBytes: maxBodyMiB * MIB },
          ...(tasks === undefined ? {} : { tasks }),
          onFailure: (message) => api.log.warn(message),
        });
        const url = await service.listen(host, port);
        services.add(service);
        return { url, token: token ?? "", drain: () => service.drain(), close: () => service.close() };
      },
    });
  },
});

/** 256 random bits that can stand in a path. */
function newToken(): string {
  return randomBytes(32).toString("base64url");
}
