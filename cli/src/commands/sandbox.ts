/** `sandbox serve`: lend a sandbox of this machine to others, in SandboxFusion's protocol. */
import { availableParallelism } from "node:os";
import { AutoTrajError, isLoopback, SANDBOX, type Sandbox, startService } from "@autotraj/core";
import type { Argv } from "yargs";
import { print, printJson, say } from "../display/terminal.ts";
import { type ArgumentsOf, command, type Given, LONGEST_TIMER_S, usage, wholeNumber } from "../options.ts";
import { cannotListen, sandboxServer, tokenFrom, untilInterrupted } from "./serving.ts";

const WHO = "sandbox serve";

const builder = (args: Argv<Given>) =>
  args
    .positional("action", { choices: ["serve"] as const, demandOption: true, describe: "What to do" })
    .option("sandbox", { type: "string", default: "bwrap", describe: "bwrap, pyodide, a package name or a file" })
    .option("host", { type: "string", default: "127.0.0.1", describe: "Address to listen on" })
    .option("port", wholeNumber({ least: 0, most: 65_535, default: 8080, describe: "Port to listen on; 0 takes a free one" }))
    .option("concurrency", wholeNumber({ least: 1, default: availableParallelism(), describe: "Executions at the same time" }))
    .option("queue", wholeNumber({ least: 0, default: 64, describe: "Requests that may wait; more are sent away with 429" }))
    .option("max-timeout-s", wholeNumber({ least: 1, most: LONGEST_TIMER_S, default: 120, describe: "Longest run_timeout a request may ask for" }))
    .option("max-memory-mib", wholeNumber({ least: 1, default: 4096, describe: "Largest memory_limit_MB a request may ask for" }))
    .option("max-body-mib", wholeNumber({ least: 1, default: 4, describe: "Longest request" }))
    .option("token-env", { type: "string", describe: "Environment variable with the bearer token that requests must carry" });

type SandboxArguments = ArgumentsOf<typeof builder>;

export const sandboxCommand = command({
  command: "sandbox <action>",
  describe: "Serve a sandbox of this machine in SandboxFusion's protocol",
  answers: [{ fields: { url: "where it is served", isolation: "bwrap, pyodide, …", packages: "that code can import" } }],
  builder,
  async handler(args) {
    const token = args.tokenEnv === undefined ? undefined : tokenFrom(WHO, args.tokenEnv);
    const use = /^[@./]/.test(args.sandbox) ? args.sandbox : `@autotraj/sandbox-${args.sandbox}`;
    const { service: sandbox, dispose } = await startService(use, SANDBOX, process.cwd(), { log: { info: say, warn: say } });
    try {
      await prove(sandbox, use);
      if (sandbox.strength < 1) {
        if (token === undefined) {
          throw usage(
            WHO,
            `the sandbox ${sandbox.isolation} isolates nothing, so whoever reaches this server has this machine: it is served with a token only.`,
            "Export a long random one and name its variable with --token-env; or take --sandbox bwrap or pyodide.",
          );
        }
        say("warning: this sandbox isolates nothing: whoever has the token has this machine.");
      }
      if (token === undefined && !isLoopback(args.host)) say("warning: everybody who reaches this address can run code here: see --token-env.");
      await serve(sandbox, args, token);
    } finally {
      await dispose();
    }
  },
});

async function serve(sandbox: Sandbox, args: SandboxArguments, token: string | undefined): Promise<void> {
  const { host, port, concurrency, queue, maxTimeoutS, maxMemoryMib, maxBodyMib } = args;
  const options = { concurrency, queue, maxTimeoutMs: maxTimeoutS * 1000, maxMemoryMiB: maxMemoryMib, maxBodyMiB: maxBodyMib };
  const { service, dispose } = await sandboxServer(options);
  try {
    const served = await service.serve(sandbox, { host, port, ...(token === undefined ? {} : { token }) }).catch((error: unknown) => {
      throw cannotListen(WHO, args, error);
    });
    const stopped = untilInterrupted(served, "Stopping: what runs is finished. Interrupt again to stop at once.");
    if (args.json) printJson({ url: served.url, isolation: sandbox.isolation, packages: sandbox.packages });
    else print(served.url);
    say(`Serving ${sandbox.isolation}: ${concurrency} at a time, ${queue} may wait. Interrupt to stop.`);
    await stopped;
  } finally {
    await dispose();
  }
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
