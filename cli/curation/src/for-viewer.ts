/** Edits as the viewer asks for them. */
import { type AutoTrajError, isAutoTrajError, type PlayEdit, StopSwitch } from "@autotraj/core";
import { personHere } from "@autotraj/curation-acts/record";
import { turnsOf } from "@autotraj/curation-acts/turns";
import { playEdit } from "./play-edit.ts";

export const playEditHere: PlayEdit = async ({ run, row, turns }, { signal, say }) => {
  const read = turnsOf(turns);
  if (typeof read === "string") throw new Error(`turns${read}.`);
  const stop = new StopSwitch();
  const end = () => stop.atOnce(signal.reason);
  signal.addEventListener("abort", end, { once: true });
  try {
    const act = await playEdit({ run, row, turns: read, by: personHere() }, { stop, say });
    return act.trajectory.id;
  } catch (error) {
    throw isAutoTrajError(error) ? inWords(error) : error;
  } finally {
    signal.removeEventListener("abort", end);
  }
};

/** Without code and command: who reads it has pressed a button. */
function inWords({ parts: { what, details = [], hint } }: AutoTrajError): Error {
  return new Error([what, ...details, ...(hint === undefined ? [] : [hint])].join("\n"));
}
