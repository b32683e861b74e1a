/** A trajectory as people read it: what was thought, called, answered; how it was scored; why it was kept or refused. */
import type { AssistantMessage, Message, Score, StoredTrajectory, ToolCall, ToolMessage } from "@autotraj/core";
import { meaningOf } from "@autotraj/trajectory-text/verdicts";
import { count } from "../figures/numbers.ts";
import { type Content, html, type Markup, shownLine } from "./markup.ts";

/** Characters of one trajectory, and of one of its texts: who wants all of them has `autotraj explain --full`. */
const MOST_OF_ALL = 16_000;
const MOST_OF_ONE = 3_000;
const LEAST_OF_ONE = 60;
const MOST_STEPS = 24;
const MOST_CALLS = 6;
const MOST_SCORES = 24;
const NAME = 80;
const SENTENCE = 400;

/** What is left of a trajectory's room. */
class Room {
  #left = MOST_OF_ALL;

  /** Its beginning, and how long it is in all. */
  cut(text: string): string {
    const most = Math.min(MOST_OF_ONE, Math.max(this.#left, LEAST_OF_ONE));
    const part = text.length <= most ? text : text.slice(0, most).replace(/[\ud800-\udbff]$/, "");
    this.#left -= part.length;
    return part.length === text.length ? text : `${part}… (${count(text.length)} characters in all)`;
  }
}

/** @param same how many of its first turns another trajectory, which it is shown beside, has too */
export function trajectoryView({ trajectory, scores, verdict, fate }: StoredTrajectory, title: string, same = 0): Markup {
  const room = new Room();
  const turns = turnsOf(trajectory.messages);
  const steps = turns.slice(0, MOST_STEPS).map((turn, index) => stepView(turn, room, index < same));
  const { provenance, faults, answer } = trajectory;
  const by = provenance.repairer ?? provenance.model ?? provenance.policy;
  return html`<article class="trajectory">
<h4><span class="fate ${fate}">${title}</span>${by === undefined ? "" : ` by ${shownLine(by, NAME)}`} <code>${trajectory.id}</code></h4>
${verdict === undefined ? undefined : html`<p class="verdict" dir="auto">${sentence(`${meaningOf(provenance, verdict)}${verdict.by === undefined ? "" : `, says ${verdict.by}`}: ${verdict.reason}`)}</p>`}
<ol class="steps">${steps}</ol>
${turns.length > MOST_STEPS ? html`<p class="note">And ${turns.length - MOST_STEPS} more turns.</p>` : undefined}
<p class="answer" dir="auto">answer: ${answer === undefined ? "none" : room.cut(answer)} (${trajectory.finish})</p>
${faults.length === 0 ? undefined : html`<p class="note" dir="auto">faults: ${sentence(faults.slice(0, MOST_CALLS).join("; "))}</p>`}
${scoreTable(scores)}
</article>`;
}

type Turn = AssistantMessage | ToolMessage;

export function turnsOf(messages: readonly Message[]): readonly Turn[] {
  return messages.filter((message): message is Turn => message.role === "assistant" || message.role === "tool");
}

/** How many turns two trajectories begin with alike. */
export function sameTurns(a: readonly Message[], b: readonly Message[]): number {
  const [ours, theirs] = [turnsOf(a).map(said), turnsOf(b).map(said)];
  const differs = ours.findIndex((turn, index) => turn !== theirs[index]);
  return differs < 0 ? ours.length : differs;
}

/** Without ids and times, which differ wherever a turn is written. */
function said(turn: Turn): string {
  if (turn.role === "tool") return JSON.stringify([turn.role, turn.name, turn.content, turn.ok]);
  const calls = (turn.toolCalls ?? []).map(({ name, arguments: given }) => [name, given]);
  return JSON.stringify([turn.role, turn.reasoning ?? "", turn.content, calls]);
}

function stepView(turn: Turn, room: Room, isSame: boolean): Markup {
  const kind = isSame ? " same" : "";
  const mark = isSame ? html` <span class="note">as in the original</span>` : undefined;
  if (turn.role === "tool") {
    const how = turn.ok ? "result" : "failed";
    return html`<li class="${how}${kind}"><p class="who">${shownLine(turn.name, NAME)}: ${how}${mark}</p>${block(turn.content, room)}</li>`;
  }
  const { reasoning = "", content, toolCalls = [] } = turn;
  return html`<li class="turn${kind}"><p class="who">model${mark}</p>
${reasoning === "" ? undefined : html`<div class="thinking" dir="auto">${room.cut(reasoning)}</div>`}
${content === "" ? undefined : html`<div class="said" dir="auto">${room.cut(content)}</div>`}
${toolCalls.slice(0, MOST_CALLS).map((call) => callView(call, room))}
${toolCalls.length > MOST_CALLS ? html`<p class="note">And ${toolCalls.length - MOST_CALLS} more calls.</p>` : undefined}</li>`;
}

function callView({ name, arguments: given, malformed }: ToolCall, room: Room): Markup {
  const values = Object.values(given);
  const [only] = values;
  const text = malformed?.raw ?? (values.length === 1 && typeof only === "string" ? only : JSON.stringify(given, null, 2));
  const why = malformed === undefined ? undefined : html` <span class="note">not understood: ${sentence(malformed.reason)}</span>`;
  return html`<p class="who">calls ${shownLine(name, NAME)}${why}</p>${block(text, room)}`;
}

function block(text: string, room: Room): Markup {
  return html`<pre tabindex="0" dir="auto">${room.cut(text)}</pre>`;
}

function scoreTable(scores: StoredTrajectory["scores"]): Markup | undefined {
  const rows = Object.entries(scores);
  if (rows.length === 0) return undefined;
  const shown = rows.slice(0, MOST_SCORES).map(([name, score]) => {
    const [value, why] = scoreTexts(score);
    return html`<tr><th scope="row" dir="auto">${shownLine(name, NAME)}</th><td class="number">${value}</td><td dir="auto">${sentence(why)}</td></tr>`;
  });
  return html`<details><summary>Scores</summary><div class="table" tabindex="0" role="region" aria-label="scores"><table><thead><tr><th scope="col">dimension</th><th scope="col">score</th><th scope="col">why</th></tr></thead><tbody>${shown}</tbody></table></div></details>`;
}

function scoreTexts(score: Score): readonly [value: string, why: string] {
  if ("failed" in score) return ["failed", score.failed];
  return "skipped" in score ? ["–", score.skipped] : [String(Number(score.value.toFixed(3))), score.reason ?? ""];
}

function sentence(text: string): Content {
  return shownLine(text, SENTENCE);
}
