/** Examples on the page: what was kept, what was repaired beside its original, what was refused. */
import type { StoredTrajectory } from "@autotraj/core";
import type { Examples, Refused, Repaired } from "../examples.ts";
import { html, type Markup, shownLine } from "./markup.ts";
import { sameTurns, trajectoryView } from "./trajectory.ts";

const QUESTION = 1200;
const NAME = 80;

export function examplesView({ kept, repaired, refused }: Examples): Markup | undefined {
  const groups = [
    group(
      "Kept",
      kept.map((row) => html`${head(row)}${trajectoryView(row, "kept")}`),
    ),
    group("Repaired", repaired.map(repairedView)),
    group("Refused", refused.map(refusedView)),
  ].filter((one) => one !== undefined);
  return groups.length === 0 ? undefined : html`<section id="examples"><h2>Examples</h2>${groups}</section>`;
}

function group(title: string, examples: readonly Markup[]): Markup | undefined {
  if (examples.length === 0) return undefined;
  return html`<h3>${title}</h3>${examples.map((one) => html`<div class="example">${one}</div>`)}`;
}

/** The question, whose trajectories follow. */
function head({ position, trajectory: { query } }: StoredTrajectory): Markup {
  const task = query.task === undefined ? undefined : html` (${shownLine(query.task, NAME)})`;
  return html`<p class="question" dir="auto"><b>Question ${position + 1}</b>${task}: ${shownLine(query.question, QUESTION)}</p>
<p class="note" dir="auto">gold: ${query.answers.length === 0 ? "none" : shownLine(query.answers.join(" | "), 2 * NAME)}</p>`;
}

function repairedView({ original, repair, refused }: Repaired): Markup {
  const same = sameTurns(original.trajectory.messages, repair.trajectory.messages);
  return html`${head(original)}${attemptsNote(refused)}<div class="pair">${trajectoryView(original, "original")}${trajectoryView(repair, "repaired", same)}</div>`;
}

function refusedView({ original, attempts }: Refused): Markup {
  const last = attempts.at(-1);
  if (last === undefined) return html`${head(original)}${trajectoryView(original, original.fate)}`;
  const same = sameTurns(original.trajectory.messages, last.trajectory.messages);
  return html`${head(original)}${attemptsNote(attempts.slice(0, -1))}<div class="pair">${trajectoryView(original, "original")}${trajectoryView(last, "refused", same)}</div>`;
}

/** What was tried before. */
function attemptsNote(attempts: readonly StoredTrajectory[]): Markup | undefined {
  if (attempts.length === 0) return undefined;
  const tried = attempts.map(
    ({ trajectory, verdict }) =>
      html`<li dir="auto">${shownLine(`${trajectory.provenance.repairer ?? "a repair"}, refused: ${verdict?.reason ?? "no reason"}`, QUESTION)}</li>`,
  );
  return html`<p class="note">Tried before:</p><ul class="note">${tried}</ul>`;
}
