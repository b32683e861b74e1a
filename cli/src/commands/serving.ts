/** What the commands that serve something have in common. The servers are plugins of this command's own, loaded where something is served. */
import {
  type AutoTrajError,
  EPISODE_SERVER,
  type EpisodeServer,
  type JsonObject,
  keepSecret,
  messageOf,
  RUN_VIEWER,
  type RunViewer,
  SANDBOX_SERVER,
  type SandboxServer,
  type Served,
  type StartedService,
  startService,
  type Token,
} from "@autotraj/core";
import { say } from "../display/terminal.ts";
import { onInterrupt } from "../interrupts.ts";
import { usage } from "../options.ts";

/** @param options as the server's package documents them */
export function episodeServer(options: JsonObject = {}): Promise<StartedService<EpisodeServer>> {
  return started("@autotraj/server-http", EPISODE_SERVER, options);
}

export function sandboxServer(options: JsonObject): Promise<StartedService<SandboxServer>> {
  return started("@autotraj/server-sandbox", SANDBOX_SERVER, options);
}

export function runViewer(): Promise<StartedService<RunViewer>> {
  return started("@autotraj/server-view", RUN_VIEWER, {});
}

function started<T>(use: string, token: Token<T>, options: JsonObject): Promise<StartedService<T>> {
  return startService(use, token, import.meta.dirname, { log: { info: say, warn: say }, options });
}

/** Once: what is in flight is answered. Twice: it is closed now. Resolves when it has closed. */
export function untilInterrupted(served: Served, stopping: string, atOnce = (): void => {}): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const release = onInterrupt({
    softly() {
      say(stopping);
      served.drain().then(resolve, reject);
    },
    atOnce() {
      atOnce();
      served.close().then(resolve, reject);
    },
  });
  return promise.finally(release);
}

/** @throws ATRAJ_USAGE where the variable is not set */
export function tokenFrom(who: string, variable: string): string {
  const token = process.env[variable] ?? "";
  if (token === "") throw usage(who, `the environment variable ${variable} is not set.`, "Export it with the token that requests must carry.");
  keepSecret(token);
  return token;
}

export function cannotListen(who: string, { host, port }: { readonly host: string; readonly port: number }, error: unknown): AutoTrajError {
  return usage(who, `it cannot listen on ${host}:${port}: ${messageOf(error)}`, "Choose another --host or --port.");
}
