/** The end of the process, brought about by somebody else than this command. */
import { AutoTrajError } from "@autotraj/core";
import { at, framesOf, whereOf } from "./frames.ts";

/** Node's own code for a process that has nothing left to wait for, while something is still waited for. */
const RAN_DRY = 13;

/** @param here made where the process ends, so that its stack leads to who has ended it */
export function exitOf(here: Error, code: number): AutoTrajError {
  const found = at(framesOf(here.stack ?? ""), []);
  if (code === RAN_DRY && found === undefined)
    return new AutoTrajError("ATRAJ_STRAY_ERROR", {
      who: "plugin",
      what: "something that a plugin began never comes back, and nothing else is left to wait for.",
      hint: "What was done is kept; `autotraj resume` goes on.",
    });
  return new AutoTrajError("ATRAJ_STRAY_ERROR", {
    who: "plugin",
    what: `it ended the whole process (process.exit(${code})).`,
    ...(found === undefined ? {} : { where: whereOf(found) }),
    hint: "A plugin throws an error where it cannot go on. What was done is kept; `autotraj resume` goes on.",
  });
}
