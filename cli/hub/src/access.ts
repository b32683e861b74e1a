/** Which hub, and as whom: by the variables and the file that the hub's own tools read. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { AutoTrajError, keepSecret } from "@autotraj/core";

export interface HubAccess {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token: string;
  /** The variable or file that holds it, for messages. */
  readonly tokenFrom: string;
}

const HUB = "https://huggingface.co";
const TOKEN_VARIABLES = ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] as const;

/** @throws ATRAJ_USAGE for an address that is none */
export function hubEndpoint(env: NodeJS.ProcessEnv = process.env): string {
  const { HF_ENDPOINT: given = "" } = env;
  if (given === "") return HUB;
  const url = URL.parse(given);
  if (url !== null && /^https?:$/.test(url.protocol) && url.search === "" && url.hash === "") return given.replace(/\/+$/, "");
  throw new AutoTrajError("ATRAJ_USAGE", {
    who: "push",
    what: `HF_ENDPOINT is no http or https address: ${given}`,
    hint: `Leave it out for ${HUB}.`,
  });
}

/** @throws ATRAJ_USAGE where there is no token, or one that the client would not send */
export function hubAccess(env: NodeJS.ProcessEnv = process.env): HubAccess {
  const endpoint = hubEndpoint(env);
  const file = tokenFile(env);
  const [tokenFrom, token] = tokenIn(env, file) ?? [undefined, ""];
  keepSecret(token);
  if (tokenFrom === undefined)
    throw new AutoTrajError("ATRAJ_USAGE", {
      who: "push",
      what: `there is no token for ${endpoint}.`,
      details: [`looked for in ${TOKEN_VARIABLES.join(", ")} and ${file}`],
      hint: `Make one that may write at ${endpoint}/settings/tokens, and set HF_TOKEN, or put it into the .env beside the preset.`,
    });
  if (!token.startsWith("hf_"))
    throw new AutoTrajError("ATRAJ_USAGE", {
      who: "push",
      what: `what ${tokenFrom} holds is no token of the hub: these begin with hf_.`,
      hint: `Make one at ${endpoint}/settings/tokens.`,
    });
  return { endpoint, token, tokenFrom };
}

function tokenIn(env: NodeJS.ProcessEnv, file: string): readonly [string, string] | undefined {
  for (const name of TOKEN_VARIABLES) {
    const token = (env[name] ?? "").trim();
    if (token !== "") return [name, token];
  }
  const token = textOf(file).trim();
  return token === "" ? undefined : [file, token];
}

/** Where `hf auth login` leaves it. */
function tokenFile({ HF_TOKEN_PATH: path = "", HF_HOME: home = "", XDG_CACHE_HOME: cache = "" }: NodeJS.ProcessEnv): string {
  if (path !== "") return path;
  return join(home === "" ? join(cache === "" ? join(homedir(), ".cache") : cache, "huggingface") : home, "token");
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
