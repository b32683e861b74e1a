/** Where data goes on a hub. What cannot be meant is refused before anything is written or sent. */
import { AutoTrajError } from "@autotraj/core";

export type Visibility = "private" | "public";

export interface HubTarget {
  /** `OWNER/NAME`. */
  readonly repository: string;
  readonly branch: string;
  /** Of a repository that is made for it; one that is there keeps its own. */
  readonly visibility: Visibility;
}

export const MAIN = "main";

/** The hub's own rules for names. */
const LONGEST_NAME = 96;
const PART = /^[\w.-]+$/;
const WRONG_PART = /--|\.\.|^[-.]|[-.]$/;
const WRONG_BRANCH = /[^\w./-]|\.\.|\/\/|^[-./]|[./]$|\.lock$/;

/** @throws ATRAJ_USAGE for a name that no repository, or no branch, can have */
export function hubTarget({ repository, branch = MAIN, visibility = "private" }: Partial<HubTarget> & Pick<HubTarget, "repository">): HubTarget {
  const problem = nameProblem(repository);
  if (problem !== undefined) throw refused(`"${repository}" ${problem}.`, "Name it OWNER/NAME: a user or an organisation, and the data set's name.");
  if (WRONG_BRANCH.test(branch) || branch === "")
    throw refused(`"${branch}" is no name of a branch.`, "Take letters, digits, dashes, dots and slashes.");
  return { repository, branch, visibility };
}

/** As the end of a sentence; undefined for a name that a data set can have. */
function nameProblem(repository: string): string | undefined {
  const parts = repository.split("/");
  if (/^https?:/.test(repository) || parts[0] === "datasets") return "is an address, not a name";
  if (parts.length !== 2) return "is not of the form OWNER/NAME";
  if (repository.length > LONGEST_NAME) return `is longer than ${LONGEST_NAME} characters`;
  const wrong = parts.find((part) => !PART.test(part) || WRONG_PART.test(part) || part.endsWith(".git"));
  return wrong === undefined ? undefined : `is no name that the hub takes: "${wrong}" is wrong`;
}

function refused(what: string, hint: string): AutoTrajError {
  return new AutoTrajError("ATRAJ_USAGE", { who: "push", what, hint });
}

/** Where people look at it. */
export function addressOf({ repository }: HubTarget, endpoint: string): string {
  return `${endpoint}/datasets/${repository}`;
}
