/**
 * What the environment says of a command's work: variables in the `.env` beside the preset, which never take the place of others, and the proxies through
 * which requests go. It is this process's own environment that is completed, so that plugins, and what they start, read it like any other.
 */
import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { parseEnv } from "node:util";
import { AutoTrajError, askedFor, keepSecrets, loopbackExempted, presetFile, whyUnreadable } from "@autotraj/core";
import { readStudy } from "@autotraj/studies";

const FILE = ".env";

/** Before a command begins; its arguments say which preset it is about. @throws ATRAJ_USAGE for a `.env` that cannot be read */
export async function prepareEnvironment(args: Readonly<Record<string, unknown>>): Promise<void> {
  const preset = await presetOf(args);
  if (preset !== undefined) completeEnvironment(readBeside(preset));
  const exempted = loopbackExempted(process.env);
  if (Object.keys(exempted).length === 0) return;
  keepSecrets(process.env);
  Object.assign(process.env, exempted);
  // Loaded only where it is needed: it takes longer than most commands.
  const { EnvHttpProxyAgent, setGlobalDispatcher } = await import("undici");
  setGlobalDispatcher(new EnvHttpProxyAgent());
}

/** The file of the preset that a command is about; undefined where it is about none, or says itself what is wrong with it. */
async function presetOf({ preset, run, target, study }: Readonly<Record<string, unknown>>): Promise<string | undefined> {
  const cwd = process.cwd();
  if (typeof preset === "string") return presetFile(preset, cwd);
  try {
    const folder = run ?? target;
    if (typeof folder === "string") {
      const asked = askedFor(folder);
      return presetFile(asked.ref, asked.cwd);
    }
    if (typeof study === "string") return presetFile((await readStudy(study)).preset, dirname(resolve(study)));
  } catch {
    // The command meets the same and says so in its own words.
  }
  return undefined;
}

function readBeside(preset: string): NodeJS.ProcessEnv {
  const file = join(dirname(preset), FILE);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return {};
  try {
    return parseEnv(readFileSync(file, "utf8"));
  } catch (error) {
    throw new AutoTrajError("ATRAJ_USAGE", {
      who: file,
      what: `${whyUnreadable(error)}.`,
      hint: "Correct its permissions, or take it away.",
      cause: error,
    });
  }
}

/** Nothing that is set is replaced; what is empty counts as not set. */
function completeEnvironment(values: NodeJS.ProcessEnv): void {
  const fresh = Object.entries(values).filter(([name]) => (process.env[name] ?? "") === "");
  keepSecrets(Object.fromEntries(fresh));
  for (const [name, value] of fresh) process.env[name] = value;
}
