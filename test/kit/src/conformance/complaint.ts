/** How a check ends besides passing: with a complaint in words for the plugin's author, or not asked at all. */
import { isAutoTrajError, messageOf } from "@autotraj/core";

/** What a plugin does wrong, in words for its author. */
export class Complaint extends Error {}

/** There is nothing here to check, and why. */
export class NotAsked extends Error {}

/** @throws Complaint */
export function complain(what: string): never {
  throw new Complaint(what);
}

/** Of an answer that did not come. What cannot be asked on this machine is no fault. */
export function blame(error: unknown, where: string): never {
  if (error instanceof NotAsked) throw error;
  complain(`${where}: ${inWords(error)}`);
}

/** One paragraph, without the code in front, and without advice that is meant for who writes a preset. */
export function inWords(error: unknown): string {
  if (!isAutoTrajError(error)) return (messageOf(error).split("\n")[0] ?? "").replaceAll(WHO, "");
  const { who, what, details = [], hint, pluginCode } = error.parts;
  const said = error.code === "ATRAJ_OPTIONS_INVALID" ? "" : `${who}: ${what}`;
  const own = pluginCode === undefined || hint === undefined ? [] : [hint];
  return [said.replaceAll(WHO, ""), ...details.map((line) => line.replace(PLACE, "").replaceAll("plugins.under-test.options", "options")), ...own]
    .join(" ")
    .trim();
}

/** Whom the kernel names: there is only one here. */
const WHO = /(?:\[ATRAJ_\w+\] )?(?:plugin|scorer|gate) "under-test"(?: \([^()]*\))?: /g;
/** Where a preset would say it; here it is a program. */
const PLACE = / \((?:createRun|[^()]*:0)\)$/;
