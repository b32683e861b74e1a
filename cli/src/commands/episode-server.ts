/** The service of a run's stage `rl`: for the backend that trains on this machine, and for nobody else. */
import { randomBytes } from "node:crypto";
import type { ServeEpisodes } from "@autotraj/core";
import { say } from "../display/terminal.ts";
import { EpisodeService, type ServiceOptions } from "./service.ts";

const MIB = 2 ** 20;

/** What suits a trainer with some hundred episodes at a time. */
export const SERVICE_DEFAULTS = {
  maxBodyBytes: 64 * MIB,
  maxInFlight: 4096,
  timeoutMs: 300_000,
  remember: 100_000,
  gymInvalid: "refuse",
} as const satisfies Partial<ServiceOptions>;

/** 256 random bits that can stand in a path. */
export function newToken(): string {
  return randomBytes(32).toString("base64url");
}

/** Listens on this machine only, on a free port. Tasks are known by their ids; what finds them by their questions is not offered. */
export const serveEpisodes: ServeEpisodes = async (episodes) => {
  const token = newToken();
  const service = new EpisodeService({
    ...SERVICE_DEFAULTS,
    episodes,
    token,
    protocols: ["openrlhf", "gym"],
    onFailure: (message) => say(`episodes: ${message}`),
  });
  const url = await service.listen("127.0.0.1", 0);
  return { url, token, close: () => service.close() };
};
