/** `sandbox serve`: lend a sandbox of this machine to others, in SandboxFusion's protocol. */
import { availableParallelism } from "node:os";
import { AutoTrajError, keepSecret, messageOf, SANDBOX, type Sandbox, startService } from "@autotraj/core";
import type { Argv } from "yargs";
import { print, printJson, say } from "../display/terminal.ts";
import { onInterrupt } from "../interrupts.ts";
import { LONGEST_TIMER_S, wholeNumber } from "../options.ts";
import { SandboxServer } from "../sandbox-server/server.ts";
import { isLoopback } from "../serve/access.ts";

interface SandboxArguments {
  action: "serve";
  sandbox: string;
  host: string;
  port: number;
  concurrency: number;
  queue: number;
  maxTimeoutS: number;
  maxMemoryMib: number;
  maxBodyMib: number;
  tokenEnv?: string;
  json: boolean;
}

const MIB = 2 ** 20;

export const sandboxCommand = {
  command: "sandbox <action>",
  describe: "Serve a sandbox of this machine in SandboxFusion's protocol",
  builder: (args: Argv) =>
    args
      .positional("action", { choices: ["serve"] as const, demandOption: true, describe: "What to do" })
      .option("sandbox", { type: "string", default: "bwrap", describe: "bwrap, pyodide, a package name or a file" })
      .option("host", { type: "string", default: "127.0.0.1", describe: "Address to listen on" })
      .option("port", wholeNumber("port", { least: 0, most: 65_535, default: 8080, describe: "Port to listen on; 0 takes a free one" }))
      .option("concurrency", wholeNumber("concurrency", { least: 1, default: availableParallelism(), describe: "Executions at the same time" }))
      .option("queue", wholeNumber("queue", { least: 0, default: 64, describe: "Requests that may wait; more are sent away with 429" }))
      .option(
        "max-timeout-s",
        wholeNumber("max-timeout-s", { least: 1, most: LONGEST_TIMER_S, default: 120, describe: "Longest run_timeout a request may ask for" }),
      )
      .option("max-memory-mib", wholeNumber("max-memory-mib", { least: 1, default: 4096, describe: "Largest memory_limit_MB a request may ask for" }))
      .option("max-body-mib", wholeNumber("max-body-mib", { least: 1, default: 4, describe: "Longest request" }))
      .option("token-env", { type: "string", describe: "Environment variable with the bearer token that requests must carry" }),
  async handler(args: SandboxArguments): Promise<void> {
    const token = args.tokenEnv === undefined ? undefined : tokenFrom(args.tokenEnv);
    const use = /^[@./]/.test(args.sandbox) ? args.sandbox : `@autotraj/sandbox-${args.sandbox}`;
    const { service, dispose } = await startService(use, SANDBOX, process.cwd(), { log: { info: say, warn: say } });
    try {
      await prove(service, use);
      if (service.strength < 1) {
        if (token === undefined) {
          throw usage(
            `the sandbox ${service.isolation} isolates nothing, so whoever reaches this server has this machine: it is served with a token only.`,
            "Export a long random one and name its variable with --token-env; or take --sandbox bwrap or pyodide.",
          );
        }
        say("warning: this sandbox isolates nothing: whoever has the token has this machine.");
      }
      if (token === undefined && !isLoopback(args.host)) say("warning: everybody who reaches this address can run code here: see --token-env.");
      const server = new SandboxServer(service, {
        ...args,
        maxTimeoutMs: args.maxTimeoutS * 1000,
        maxMemoryMiB: args.maxMemoryMib,
        maxBodyBytes: args.maxBodyMib * MIB,
        ...(token === undefined ? {} : { token }),
        onFailure: say,
      });
      await serve(server, service, args);
    } finally {
      await dispose();
    }
  },
};

async function serve(server: SandboxServer, { isolation, packages }: Sandbox, args: SandboxArguments): Promise<void> {
  const url = await server.listen().catch((error: unknown) => {
    throw usage(`it cannot listen on ${args.host}:${args.port}: ${messageOf(error)}`, "Choose another --host or --port.");
  });
  const stopped = untilInterrupted(server);
  if (args.json) printJson({ url, isolation, packages });
  else print(url);
  say(`Serving ${isolation}: ${args.concurrency} at a time, ${args.queue} may wait. Interrupt to stop.`);
  await stopped;
}

/** Once: what runs is finished and answered. Twice: stop now. Resolves when the server has closed. */
function untilInterrupted(server: SandboxServer): Promise<void> {
  return new Promise((resolve, reject) => {
    onInterrupt({
      softly() {
        say("Stopping: what runs is finished. Interrupt again to stop at once.");
        server.stop().then(resolve, reject);
      },
      atOnce: () => server.stopAtOnce(),
    });
  });
}

/** @throws ATRAJ_ISOLATION_UNAVAILABLE */
async function prove(sandbox: Sandbox, use: string): Promise<void> {
  const proven = await sandbox.selfTest();
  if (proven.ok) return;
  throw new AutoTrajError("ATRAJ_ISOLATION_UNAVAILABLE", {
    who: use,
    what: proven.reason,
    hint: "`--sandbox pyodide` needs nothing but Node, and contains accidents only.",
  });
}

function tokenFrom(name: string): string {
  const token = process.env[name] ?? "";
  if (token === "") throw usage(`the environment variable ${name} is not set.`, "Export it with the token that requests must carry.");
  keepSecret(token);
  return token;
}

function usage(what: string, hint?: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_USAGE", { who: "sandbox serve", what, ...(hint === undefined ? {} : { hint }) });
}
