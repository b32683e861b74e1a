/** Acts in words. */
import type { Act } from "@autotraj/curation-acts/acts";
import type { KnownAct } from "@autotraj/curation-acts/state";

/** What was done, without who and when. */
export function deedText(act: Act): string {
  switch (act.kind) {
    case "tag":
      return `tagged "${act.tag}"`;
    case "note":
      return `noted: ${act.text}`;
    case "verdict":
      return `verdict ${act.decision}${act.reason === undefined ? "" : `: ${act.reason}`}`;
    case "edit":
      return `edited into ${act.trajectory.id}, which ${act.verdict.by ?? "the gate"} ${act.verdict.decision === "keep" ? "accepts" : "refuses"}: ${act.verdict.reason}`;
    case "undo":
      return `undid ${act.act}`;
    default:
      return { mark: "marked", drop: "dropped", pin: "pinned" }[act.kind];
  }
}

/** `a-1f… 2026-11-30 20:30 anna  t-… dropped` */
export function actLine({ act, undoneBy }: KnownAct): string {
  const on = act.kind === "undo" ? "" : `${act.on} `;
  const undone = undoneBy === undefined ? "" : ` (undone by ${undoneBy})`;
  return `${act.id}  ${act.at.slice(0, 16).replace("T", " ")}  ${act.by}: ${on}${deedText(act)}${undone}`;
}
