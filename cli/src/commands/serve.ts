/** `serve`: a preset's tools, limits and reward over HTTP, for trainers that sample by themselves. */
import { join } from "node:path";
import { AutoTrajError, keepSecret, messageOf, resolvePreset, StopSwitch } from "@autotraj/core";
import type { Argv } from "yargs";
import { count } from "../display/table.ts";
import { print, printJson, say } from "../display/terminal.ts";
import { onInterrupt } from "../interrupts.ts";
import { LONGEST_TIMER_S, realNumber, wholeNumber } from "../options.ts";
import { isLoopback } from "../serve/access.ts";
import { newToken, SERVICE_DEFAULTS } from "../serve/episodes.ts";
import { checkToolNames, type GymInvalid } from "../serve/gym.ts";
import { openPreset, type PlayedPreset } from "../serve/preset.ts";
import { EpisodeService, PROTOCOLS, type Protocol } from "../serve/service.ts";

interface ServeArguments {
  preset: string;
  host: string;
  port: number;
  tokenEnv?: string;
  auth: boolean;
  set: string[];
  run?: string;
  protocols: Protocol[];
  fallbackReward?: number;
  gymInvalid: GymInvalid;
  assistantHeader?: string;
  maxBodyMib: number;
  maxInFlight: number;
  timeoutS: number;
  json: boolean;
}

const MIB = 2 ** 20;

export const serveCommand = {
  command: "serve <preset>",
  describe: "Serve a preset's questions, tools and reward to RL trainers over HTTP",
  builder: (args: Argv) =>
    args
      .positional("preset", { type: "string", demandOption: true, describe: "A preset's name, package, file or folder" })
      .option("host", { type: "string", default: "127.0.0.1", describe: "Address to listen on; 0.0.0.0 for trainers on other machines" })
      .option("port", wholeNumber("port", { least: 0, most: 65_535, default: 8765, describe: "Port to listen on; 0 takes a free one" }))
      .option("token-env", { type: "string", requiresArg: true, describe: "Environment variable with the token; default: a new one, printed" })
      .option("auth", { type: "boolean", default: true, describe: "--no-auth asks for no token; on this machine's own addresses only" })
      .option("set", { type: "string", array: true, default: [], describe: "Override a setting", requiresArg: true })
      .option("run", {
        type: "string",
        requiresArg: true,
        describe: "Run folder with the trained reward model and stage 1's results (default runs/<preset's name>)",
      })
      .option("protocols", {
        choices: PROTOCOLS,
        array: true,
        default: [...PROTOCOLS],
        describe: "What to speak besides the native protocol",
        coerce: (names: string[]) => names.flatMap((name) => name.split(",")),
      })
      .option("fallback-reward", realNumber("fallback-reward", "OpenRLHF, LLaMA-Factory: reward for invalid samples, in place of a failed request"))
      .option("gym-invalid", {
        choices: ["mask", "refuse"] as const,
        default: SERVICE_DEFAULTS.gymInvalid,
        describe: "NeMo Gym: answer invalid samples with mask_sample, or (verifiers, prime-rl) with status 503",
      })
      .option("assistant-header", { type: "string", requiresArg: true, describe: "LLaMA-Factory: by which the template begins the model's turn" })
      .option("max-body-mib", wholeNumber("max-body-mib", { least: 1, default: SERVICE_DEFAULTS.maxBodyBytes / MIB, describe: "Longest request" }))
      .option(
        "max-in-flight",
        wholeNumber("max-in-flight", { least: 1, default: SERVICE_DEFAULTS.maxInFlight, describe: "Requests at the same time" }),
      )
      .option(
        "timeout-s",
        wholeNumber("timeout-s", {
          least: 1,
          most: LONGEST_TIMER_S,
          default: SERVICE_DEFAULTS.timeoutMs / 1000,
          describe: "Longest time a request may take",
        }),
      ),
  async handler(args: ServeArguments): Promise<void> {
    const token = tokenOf(args);
    const preset = await resolvePreset(args.preset, { cwd: process.cwd(), set: args.set });
    const stop = new StopSwitch();
    const played = await openPreset(preset, { runDir: args.run ?? join("runs", preset.name), stop, say });
    try {
      if (args.protocols.includes("gym")) checkToolNames(toolNames(played));
      if (played.terms.length === 0) say("warning: the preset has no reward plugin, so every score is invalid.");
      const service = new EpisodeService({
        ...SERVICE_DEFAULTS,
        episodes: played.episodes,
        tasks: played.tasks,
        token,
        protocols: args.protocols,
        maxBodyBytes: args.maxBodyMib * MIB,
        maxInFlight: args.maxInFlight,
        timeoutMs: args.timeoutS * 1000,
        gymInvalid: args.gymInvalid,
        ...(args.fallbackReward === undefined ? {} : { fallbackReward: args.fallbackReward }),
        ...(args.assistantHeader === undefined ? {} : { assistantHeader: args.assistantHeader }),
        onFailure: say,
      });
      const url = await service.listen(args.host, args.port).catch((error: unknown) => {
        throw usage(`it cannot listen on ${args.host}:${args.port}: ${messageOf(error)}`, "Choose another --host or --port.");
      });
      const stopped = untilInterrupted(service, stop);
      announce(args, url, token, played);
      await stopped;
    } finally {
      await played.close();
    }
  },
};

/** A token that the user knows already is not shown. */
function announce({ json, tokenEnv }: ServeArguments, url: string, token: string | undefined, played: PlayedPreset): void {
  const shown = tokenEnv === undefined ? token : undefined;
  if (json) printJson({ url, token: shown ?? null, tasks: played.tasks.size, terms: played.terms });
  else print(`url    ${url}\ntoken  ${shown ?? (token === undefined ? "none needed" : `as in ${tokenEnv}`)}`);
  say(`Serving ${count(played.tasks.size)} tasks, rewarded by ${played.terms.join(", ") || "nothing"}. Interrupt to stop.`);
}

/** Once: what is in flight is answered. Twice: stop now. Resolves when the service has closed. */
function untilInterrupted(service: EpisodeService, stop: StopSwitch): Promise<void> {
  return new Promise((resolve, reject) => {
    const release = onInterrupt({
      softly() {
        say("Stopping: what is in flight is answered. Interrupt again to stop now.");
        service.drain().then(done, reject);
      },
      atOnce() {
        stop.atOnce(new Error("interrupted"));
        service.close().then(done, reject);
      },
    });
    const done = () => {
      release();
      resolve();
    };
  });
}

function toolNames({ tasks }: PlayedPreset): Iterable<string> {
  return new Set([...tasks.values()].flatMap(({ tools }) => tools.map(({ name }) => name)));
}

function tokenOf({ auth, host, tokenEnv }: ServeArguments): string | undefined {
  if (!auth) {
    if (tokenEnv !== undefined) throw usage("--no-auth and --token-env contradict each other.");
    if (!isLoopback(host))
      throw usage(`--no-auth is for this machine's own addresses, not for ${host}.`, "Leave it out: a token is then made and printed.");
    return undefined;
  }
  if (tokenEnv === undefined) return newToken();
  const token = process.env[tokenEnv] ?? "";
  if (token === "") throw usage(`the environment variable ${tokenEnv} is not set.`, "Export it with the token that requests must carry.");
  keepSecret(token);
  return token;
}

function usage(what: string, hint?: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_USAGE", { who: "serve", what, ...(hint === undefined ? {} : { hint }) });
}
