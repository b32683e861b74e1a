/** The acts of a run, with what is wrong told as the command line tells it. */
import { AutoTrajError, messageOf, type PluginError } from "@autotraj/core";
import type { Act } from "@autotraj/curation-acts/acts";
import { type Adding, addAct, readCuration } from "@autotraj/curation-acts/record";
import type { Curation } from "@autotraj/curation-acts/state";

/** @throws ATRAJ_STORE_FAILED naming each line that is no act */
export function curationIn(run: string): Curation {
  return told(() => readCuration(run));
}

/** @throws ATRAJ_USAGE for what says nothing new; ATRAJ_STORE_FAILED where it cannot be written; as {@link curationIn} */
export function kept(adding: Adding): Act {
  return told(() => addAct(adding));
}

function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { code, hint } = error as Partial<PluginError>;
    if (code === "ERR_SQLITE_ERROR" || /^E[A-Z]+$/.test(code ?? "")) throw notWritten(error);
    if (code !== "ACT_REFUSED" && code !== "ACTS_INVALID") throw error;
    const [what = "", ...details] = messageOf(error).split("\n");
    const parts = { who: "curate", what, details: details.map((line) => line.trim()), ...(hint === undefined ? {} : { hint }) };
    throw new AutoTrajError(code === "ACT_REFUSED" ? "ATRAJ_USAGE" : "ATRAJ_STORE_FAILED", parts);
  }
}

function notWritten(error: unknown): AutoTrajError {
  return new AutoTrajError("ATRAJ_STORE_FAILED", {
    who: "curate",
    what: `nothing could be kept: ${messageOf(error)}.`,
    hint: "Make room, or make the run's folder writable; if another process is adding acts to this run, wait for it.",
    cause: error,
  });
}
