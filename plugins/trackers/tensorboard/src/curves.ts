/** Events of a run as points of curves. The loop's are drawn over questions, a training's over its steps. */
import type { Activity, RunEvent } from "@autotraj/core/plugin";
import type { Point } from "./event-file.ts";
import { Histogram } from "./histogram.ts";

type Of<Name extends RunEvent["event"]> = Extract<RunEvent, { event: Name }>;

/** What is counted since the run began, over all its processes: plain data, so that the next one goes on with it. */
export interface Counts {
  readonly runId: string;
  /** By tag. */
  readonly sums: Record<string, number>;
}

/** Fates that are no last word, or are counted under another name. */
const COUNTED = ["kept", "repaired", "hard", "discarded", "failed", "accepted", "refused"];

export class Curves {
  readonly #open = new Map<number, { readonly activity: Activity; readonly within: number | undefined }>();
  /** Trajectories of the questions under way, by the question's activity. */
  readonly #ofQuestion = new Map<number, Map<string, number>>();
  readonly #scores = new Map<string, Histogram>();
  readonly #withHistograms: boolean;
  readonly #counts: Counts;
  /** Since the last points. */
  readonly #waits = new Map<string, { calls: number; milliseconds: number }>();
  #questions = 0;
  #isMoved = false;

  constructor(counts: Counts, settings: { readonly histograms: boolean }) {
    this.#counts = counts;
    this.#withHistograms = settings.histograms;
  }

  get counts(): Counts {
    return this.#counts;
  }

  /** The points that these events give, in order; those of the loop once for all of them. */
  points(events: readonly RunEvent[]): readonly Point[] {
    const points = events.flatMap((event) => this.#take(event));
    return this.#isMoved ? [...points, ...this.#ofLoop(events.at(-1)?.at ?? 0)] : points;
  }

  #take(event: RunEvent): readonly Point[] {
    if (event.event === "start") this.#open.set(event.id, { activity: event.activity, within: event.within });
    else if (event.event === "resumed") this.#questions++;
    else if (event.event === "model-call") this.#modelCall(event);
    else if (event.event === "tool-call" && !event.stored && this.#isInLoop(event)) this.#add(`calls/${event.tool}`, 1);
    else if (event.event === "trajectory") this.#trajectory(event);
    else if (event.event === "training-step") return this.#step(event);
    else if (event.event === "evaluation") return figures(`evaluation/${event.model}`, event.figures, 0, event.at);
    else if (event.event === "stage-result") return figures(`${this.#prefix(event)}${event.stage}/result`, event.metrics, 0, event.at);
    else if (event.event === "end") return this.#end(event);
    return [];
  }

  #end({ id, kind, outcome, at, figures: funnel = {} }: Of<"end">): readonly Point[] {
    this.#open.delete(id);
    if (kind === "question") this.#settle(id, outcome);
    if (kind !== "run") return [];
    const histograms = this.#withHistograms ? [...this.#scores] : [];
    return [
      ...figures("funnel", funnel, this.#questions, at),
      ...histograms.map(([name, value]): Point => ({ tag: `scores/${name}`, value, step: this.#questions, at })),
    ];
  }

  /** What was counted of a question counts for good once it is done: one that is not will be done again. */
  #settle(id: number, outcome: Of<"end">["outcome"]): void {
    const counted = this.#ofQuestion.get(id) ?? new Map<string, number>();
    this.#ofQuestion.delete(id);
    if (outcome === "interrupted") return;
    this.#questions++;
    this.#isMoved = true;
    if (outcome !== "failed") for (const [tag, value] of counted) this.#add(tag, value);
  }

  #modelCall({ policy, usage, usd = 0, stored, milliseconds, ...place }: Of<"model-call">): void {
    if (stored || !this.#isInLoop(place)) return;
    this.#add(`calls/${policy}`, 1);
    this.#add(`tokens/${policy}/prompt`, usage?.promptTokens ?? 0);
    this.#add(`tokens/${policy}/completion`, usage?.completionTokens ?? 0);
    if (usd > 0) this.#add("usd", usd);
    const wait = this.#waits.get(policy) ?? { calls: 0, milliseconds: 0 };
    this.#waits.set(policy, { calls: wait.calls + 1, milliseconds: wait.milliseconds + milliseconds });
  }

  #trajectory({ fate, scores, provenance, within }: Of<"trajectory">): void {
    const counted = this.#ofQuestion.get(within ?? -1) ?? new Map<string, number>();
    this.#ofQuestion.set(within ?? -1, counted);
    const add = (tag: string, value: number) => void counted.set(tag, (counted.get(tag) ?? 0) + value);
    if (COUNTED.includes(fate)) add(`loop/${fate}`, 1);
    // Told a second time with the fate that its repair has given it.
    if (fate === "repaired" || fate === "hard") return;
    if (provenance.parent === undefined) add("loop/candidates", 1);
    for (const [name, score] of Object.entries(scores)) {
      if (!("value" in score)) continue;
      const values = this.#scores.get(name) ?? new Histogram();
      values.add(score.value);
      this.#scores.set(name, values);
      if (provenance.parent !== undefined) continue;
      add(`sum of ${name}`, score.value);
      add(`number of ${name}`, 1);
    }
  }

  #step({ stage, step, metrics, at, ...place }: Of<"training-step">): readonly Point[] {
    return figures(`${this.#prefix(place)}${stage}`, metrics, step, at);
  }

  #ofLoop(at: number): readonly Point[] {
    this.#isMoved = false;
    const step = this.#questions;
    const waits = [...this.#waits].map(([policy, { calls, milliseconds }]) => [`seconds/${policy}`, milliseconds / calls / 1000] as const);
    this.#waits.clear();
    const { sums } = this.#counts;
    const counted = Object.entries(sums).flatMap(([tag, value]) => {
      const name = tag.startsWith("sum of ") ? tag.slice("sum of ".length) : undefined;
      if (name !== undefined) return [[`mean/${name}`, value / (sums[`number of ${name}`] ?? 1)] as const];
      return tag.startsWith("number of ") ? [] : [[tag, value] as const];
    });
    return [...counted, ...waits].map(([tag, value]) => ({ tag, value, step, at }));
  }

  #add(tag: string, value: number): void {
    this.#counts.sums[tag] = (this.#counts.sums[tag] ?? 0) + value;
  }

  /** Evaluation asks models too, but not over the loop's questions. */
  #isInLoop({ within }: { readonly within?: number | undefined }): boolean {
    const around = within === undefined ? undefined : this.#open.get(within);
    return around !== undefined && (around.activity.kind === "question" || this.#isInLoop(around));
  }

  /** Rounds after the first have curves of their own: their steps begin at 1 again. */
  #prefix({ within }: { readonly within?: number | undefined }): string {
    const around = within === undefined ? undefined : this.#open.get(within);
    if (around === undefined) return "";
    return around.activity.kind === "round" ? `round ${around.activity.round}/` : this.#prefix(around);
  }
}

function figures(prefix: string, values: Readonly<Record<string, number>>, step: number, at: number): readonly Point[] {
  return Object.entries(values).flatMap(([name, value]) => (Number.isFinite(value) ? [{ tag: `${prefix}/${name}`, value, step, at }] : []));
}
