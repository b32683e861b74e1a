/** What keeps a push from its end, in words: whose doing it is, and what to do. */
import { AutoTrajError, isAutoTrajError, messageOf } from "@autotraj/core";
import { HubApiError } from "@huggingface/hub";
import type { HubAccess } from "./access.ts";
import { addressOf, type HubTarget } from "./target.ts";

/** What was being done. Before the commit nothing of it is seen on the hub. */
export type Step = "look" | "create" | "branch" | "compare" | "send" | "commit";

export interface Whereto {
  readonly target: HubTarget;
  readonly access: HubAccess;
}

const WORDS_AT_MOST = 300;
const AGAIN = "The files are written; the same command sends what the hub does not have yet.";

export function failureOf(error: unknown, step: Step, whereto: Whereto): AutoTrajError {
  if (isAutoTrajError(error)) return error;
  if (error instanceof HubApiError) return refusal(error, step, whereto);
  const { endpoint } = whereto.access;
  const unreachable = error instanceof TypeError && error.message === "fetch failed";
  return pushFailed({
    what: unreachable ? `${endpoint} cannot be reached.` : `what answers at ${endpoint} does not speak as a hub does.`,
    details: [messageOf(unreachable ? error.cause : error)],
    hint: unreachable ? `Try again when online. ${AGAIN}` : "HF_ENDPOINT names the hub, without anything behind its host.",
    cause: error,
  });
}

export function stopped(step: Step, { target, access }: Whereto): AutoTrajError {
  const address = addressOf(target, access.endpoint);
  return new AutoTrajError("ATRAJ_INTERRUPTED", {
    who: "push",
    what:
      step === "commit"
        ? `stopped while ${address} was about to take the files: look there whether it has.`
        : `stopped; ${address} shows nothing of it.`,
    hint: AGAIN,
  });
}

/** Data become public because somebody says so, never because of what was there. */
export function publicAlready({ target, access }: Whereto): AutoTrajError {
  return new AutoTrajError("ATRAJ_USAGE", {
    who: "push",
    what: `${addressOf(target, access.endpoint)} is public, so what is sent there would be.`,
    hint: "Say --public if that is meant. Else name another one.",
  });
}

function refusal(error: HubApiError, step: Step, whereto: Whereto): AutoTrajError {
  const { endpoint } = whereto.access;
  const [what, hint] = meaningOf(error.statusCode, step, whereto);
  return pushFailed({ what, details: [wordsOf(error)], hint: hint ?? `${endpoint} may be overloaded. ${AGAIN}`, cause: error });
}

/** @returns what it means, and what helps; nothing helps but to try again where that is left out */
function meaningOf(status: number, step: Step, { target, access }: Whereto): readonly [string, string?] {
  const { repository, branch } = target;
  const [owner] = repository.split("/");
  const tokens = `${access.endpoint}/settings/tokens`;
  if (status === 401)
    return [`the hub does not know the token in ${access.tokenFrom}.`, `It may be revoked, or another hub's. Make one at ${tokens}.`];
  if (status === 403) {
    const may = step === "look" ? `see ${repository}` : step === "create" ? `make a data set of ${owner}` : `write to ${repository}`;
    return [
      `the token in ${access.tokenFrom} may not ${may}.`,
      `It has to be one that may write, of somebody who may do so for ${owner}: ${tokens}.`,
    ];
  }
  if (status === 404 && step === "create")
    return [`there is no user or organisation "${owner}" on the hub.`, "Correct the name in front of the slash."];
  if (status === 404) return [`${repository}, or its branch ${branch}, is not there any more.`, AGAIN];
  if (status === 409 && step === "create") return [`${repository} is there already, and this token may not see it.`, "Name another one."];
  if (step === "commit" && (status === 409 || status === 412)) return [`somebody else has written to ${repository} meanwhile.`, AGAIN];
  if (status === 429) return ["the hub takes no more requests of this token for now.", `Wait some minutes. ${AGAIN}`];
  if (status >= 500) return [`the hub failed with status ${status}.`];
  return [`the hub refuses this with status ${status}.`, "Its own words say what it does not take."];
}

/** Without addresses: those of uploads let whoever has them write. What is not the server's own answer holds none. */
function wordsOf({ data, message, statusCode, requestId }: HubApiError): string {
  const told = data === undefined ? message : [data["error"], data["message"]].find((one) => typeof one === "string" && one.trim() !== "");
  const words = typeof told === "string" && !/^\s*</.test(told) ? told : `status ${statusCode}`;
  return `it says: ${words.trim().slice(0, WORDS_AT_MOST)}${requestId === undefined ? "" : ` (request ${requestId})`}`;
}

interface Failed {
  readonly what: string;
  readonly details: readonly string[];
  readonly hint: string;
  readonly cause: unknown;
}

function pushFailed(failed: Failed): AutoTrajError {
  return new AutoTrajError("ATRAJ_PUSH_FAILED", { who: "push", ...failed });
}
