/** `serve`: a preset's tools, limits and reward over HTTP, for trainers that sample by themselves. */
import { join } from "node:path";
import { AutoTrajError, counted, type EpisodeServer, isLoopback, openPreset, type PlayedPreset, StopSwitch } from "@autotraj/core";
import type { Argv } from "yargs";
import { print, printJson, say } from "../display/terminal.ts";
import { type ArgumentsOf, command, type Given, LONGEST_TIMER_S, PRESET, realNumber, SET, text, usage, wholeNumber } from "../options.ts";
import { presetToRun } from "../preset.ts";
import { cannotListen, episodeServer, tokenFrom, untilInterrupted } from "./serving.ts";

const PROTOCOLS = ["openrlhf", "llamafactory", "gym"] as const;

const builder = (args: Argv<Given>) =>
  args
    .positional("preset", PRESET)
    .option("host", { type: "string", default: "127.0.0.1", describe: "Address to listen on; 0.0.0.0 for trainers on other machines" })
    .option("port", wholeNumber({ least: 0, most: 65_535, default: 8765, describe: "Port to listen on; 0 takes a free one" }))
    .option("token-env", text("Environment variable with the token; default: a new one, printed"))
    .option("auth", { type: "boolean", default: true, describe: "--no-auth asks for no token; on this machine's own addresses only" })
    .option("set", SET)
    .option("run", text("Run folder with the trained reward model and the loop's results (default runs/<preset's name>)"))
    .option("protocols", {
      choices: PROTOCOLS,
      array: true,
      default: [...PROTOCOLS],
      defaultDescription: "all",
      describe: "What to speak besides the native protocol, as a,b or one after the other",
      coerce: (names: string[]) => names.flatMap((name) => name.split(",")),
    })
    .option("fallback-reward", realNumber("OpenRLHF, LLaMA-Factory: reward for invalid samples, in place of a failed request"))
    .option("gym-invalid", {
      choices: ["mask", "refuse"] as const,
      default: "refuse" as const,
      describe: "NeMo Gym: answer invalid samples with mask_sample, or (verifiers, prime-rl) with status 503",
    })
    .option("assistant-header", text("LLaMA-Factory: by which the template begins the model's turn"))
    .option("max-body-mib", wholeNumber({ least: 1, default: 64, describe: "Longest request" }))
    .option("max-in-flight", wholeNumber({ least: 1, default: 4096, describe: "Requests at the same time" }))
    .option("timeout-s", wholeNumber({ least: 1, most: LONGEST_TIMER_S, default: 300, describe: "Longest time a request may take" }));

type ServeArguments = ArgumentsOf<typeof builder>;

export const serveCommand = command({
  command: "serve <preset>",
  describe: "Serve a preset's questions, tools and reward to RL trainers over HTTP",
  answers: [
    {
      fields: {
        url: "where it is served",
        token: "a new one; null where there is none, or it was given by --token-env",
        tasks: "how many",
        terms: "of the reward",
      },
    },
  ],
  builder,
  async handler(args) {
    const token = tokenOf(args);
    const preset = await presetToRun(args.preset, { cwd: process.cwd(), set: args.set });
    const stop = new StopSwitch();
    const played = await openPreset(preset, { runDir: args.run ?? join("runs", preset.name), stop, say });
    try {
      const { service, dispose } = await episodeServer(serverOptions(args));
      try {
        await serve(service, played, args, token, stop);
      } finally {
        await dispose();
      }
    } finally {
      await played.close();
    }
  },
});

async function serve(
  service: EpisodeServer,
  { episodes, tasks, terms }: PlayedPreset,
  args: ServeArguments,
  token: string | null | undefined,
  stop: StopSwitch,
): Promise<void> {
  checkToolNames(service, tasks);
  if (terms.length === 0) say("warning: the preset has no reward plugin, so every score is invalid.");
  const { host, port, tokenEnv, json } = args;
  const served = await service.serve(episodes, { host, port, tasks, ...(token === undefined ? {} : { token }) }).catch((error: unknown) => {
    throw cannotListen("serve", args, error);
  });
  const stopped = untilInterrupted(served, "Stopping: what is in flight is answered. Interrupt again to stop now.", () =>
    stop.atOnce(new Error("interrupted")),
  );
  // A token that the user knows already is not shown.
  const shown = tokenEnv === undefined && served.token !== "" ? served.token : null;
  if (json) printJson({ url: served.url, token: shown, tasks: tasks.size, terms });
  else print(`url    ${served.url}\ntoken  ${shown ?? (tokenEnv === undefined ? "none needed" : `as in ${tokenEnv}`)}`);
  say(`Serving ${counted(tasks.size, "task")}, rewarded by ${terms.join(", ") || "nothing"}. Interrupt to stop.`);
  await stopped;
}

/** The server's own options, as this command names them. */
function serverOptions({ protocols, maxBodyMib, maxInFlight, timeoutS, gymInvalid, fallbackReward, assistantHeader }: ServeArguments) {
  return {
    ...{ protocols, maxBodyMiB: maxBodyMib, maxInFlight, timeoutMs: timeoutS * 1000, gymInvalid },
    ...(fallbackReward === undefined ? {} : { fallbackReward }),
    ...(assistantHeader === undefined ? {} : { assistantHeader }),
  };
}

/** @throws ATRAJ_SERVICE_CONFLICT where a tool could not be reached under its name */
function checkToolNames({ reservedToolNames }: EpisodeServer, tasks: PlayedPreset["tasks"]): void {
  const names = [...tasks.values()].flatMap(({ tools }) => tools.map(({ name }) => name));
  const name = names.find((one) => reservedToolNames.has(one));
  if (name === undefined) return;
  throw new AutoTrajError("ATRAJ_SERVICE_CONFLICT", {
    who: `tool "${name}"`,
    what: "NeMo Gym's protocol has this name for itself.",
    hint: "Give the tool another name in its options, or serve without this protocol: --protocols without gym.",
  });
}

/** Undefined: a new one. `null`: none. */
function tokenOf({ auth, host, tokenEnv }: ServeArguments): string | null | undefined {
  if (tokenEnv !== undefined && !auth) throw usage("serve", "--no-auth and --token-env contradict each other.");
  if (tokenEnv !== undefined) return tokenFrom("serve", tokenEnv);
  if (auth) return undefined;
  if (isLoopback(host)) return null;
  throw usage("serve", `--no-auth is for this machine's own addresses, not for ${host}.`, "Leave it out: a token is then made and printed.");
}
