/** What a person sees while a run goes on: the first trajectories as they come, then how far it is. A redrawn line on a terminal, plain lines elsewhere. */
import type { Progress, RunObserver, StageArtifact, StoredTrajectory, TrainProgress } from "@autotraj/core";
import { count, seconds } from "./table.ts";
import { drawLine, endLine, writeLine } from "./terminal.ts";

const REDRAW_MS = 500;
const PLAIN_LINE_MS = 15_000;
const SHOWN_OF_A_KIND = 3;
const MEGABYTE = 2 ** 20;

export interface LiveOptions {
  readonly out: NodeJS.WriteStream;
  /** Trajectories shown one by one before only the counters go on. */
  readonly show: number;
}

export class LiveDisplay implements RunObserver {
  readonly #out: NodeJS.WriteStream;
  #left: number;
  readonly #incidents = new Map<string, number>();
  #progress: Progress | undefined;
  #stageLine: string | undefined;
  #stageStart = { of: "", at: 0, step: 0 };
  #timer: NodeJS.Timeout | undefined;

  constructor({ out, show }: LiveOptions) {
    this.#out = out;
    this.#left = show;
  }

  started(progress: Progress): void {
    this.#progress = progress;
    const every = this.#out.isTTY ? REDRAW_MS : PLAIN_LINE_MS;
    clearInterval(this.#timer);
    // Does not keep the process alive: a run that has run dry must be able to say so.
    this.#timer = setInterval(() => this.#draw(), every).unref();
  }

  trajectory(row: StoredTrajectory): void {
    if (this.#left <= 0) return;
    const line = describe(row);
    if (line === undefined) return;
    this.#left--;
    this.#print(line);
  }

  /** The same incident is shown three times; the run's log has them all. */
  incident(who: string, what: string): void {
    const line = `! ${who}: ${what.split("\n")[0]}`;
    const kind = line.replace(/[\da-f-]{4,}/g, "#");
    const times = (this.#incidents.get(kind) ?? 0) + 1;
    this.#incidents.set(kind, times);
    if (times <= SHOWN_OF_A_KIND) this.#print(times === SHOWN_OF_A_KIND ? `${line} (more of these are in log.jsonl)` : line);
  }

  info(message: string): void {
    this.#print(message);
  }

  stage(stage: string, what: "begins" | "is done already" | "is done", artifact?: StageArtifact): void {
    // From here on the stage's own line is what is going on.
    this.#progress = undefined;
    this.#stageLine = what === "begins" ? `stage ${stage}` : undefined;
    this.#print(`stage ${stage} ${what}${artifact === undefined ? "" : describeArtifact(artifact)}`);
  }

  training(stage: string, progress: TrainProgress): void {
    const now = performance.now();
    if (progress.step < this.#stageStart.step || this.#stageStart.of !== stage) this.#stageStart = { of: stage, at: now, step: progress.step };
    this.#stageLine = trainingLine(stage, progress, this.#stageStart, now);
  }

  evaluating(model: string, questions: number): void {
    this.#stageLine = `evaluate ${model}: ${count(questions)} questions`;
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#progress !== undefined) this.#draw();
    endLine(this.#out);
  }

  #print(line: string): void {
    writeLine(this.#out, line);
  }

  #draw(): void {
    const line = this.#stageLine ?? (this.#progress === undefined ? undefined : progressLine(this.#progress));
    if (line !== undefined) drawLine(this.#out, line);
  }
}

/** `sft: step 12/40 · loss 0.311 · 152 tokens/s · about 2 min 3 s left` */
export function trainingLine(stage: string, { step, total, metrics }: TrainProgress, start: { at: number; step: number }, now: number): string {
  const done = step - start.step;
  const left = done > 0 ? ((now - start.at) / 1000 / done) * (total - step) : undefined;
  const figures = Object.entries(metrics)
    .filter(([name]) => SHOWN_METRICS.includes(name))
    .map(([name, value]) => (name === "tokensPerSecond" ? `${Math.round(value)} tokens/s` : `${name} ${value.toPrecision(3)}`));
  const parts = [`${stage}: step ${step}/${total}`, ...figures, ...(left === undefined || left <= 0 ? [] : [`about ${seconds(left)} left`])];
  return parts.join(" · ");
}

const SHOWN_METRICS: readonly string[] = ["loss", "accuracy", "reward", "invalid", "tokensPerSecond"];

function describeArtifact({ metrics = {}, seconds: took, modelPath, ...others }: StageArtifact): string {
  const { rows } = others as { readonly rows?: { readonly train: number } };
  const figures = Object.entries(metrics)
    .slice(0, 4)
    .map(([name, value]) => `${name} ${value.toPrecision(3)}`);
  return `: ${[...(rows === undefined ? [] : [`${count(rows.train)} rows`]), ...figures, seconds(took), ...(modelPath === undefined ? [] : [modelPath])].join(", ")}`;
}

export function progressLine(progress: Progress): string {
  const elapsed = (performance.now() - progress.startedAt) / 1000;
  const finished = progress.done + progress.dropped + progress.failed;
  const left = progress.queries - progress.resumed - finished;
  const rate = finished / Math.max(elapsed, 0.001);
  const judged = progress.repaired + progress.hard;
  const parts = [
    `${finished + progress.resumed}/${progress.queries} questions`,
    `${count(progress.candidates)} candidates: ${count(progress.kept)} kept, ${count(progress.repaired)} repaired${judged === 0 ? "" : ` (${Math.round((100 * progress.repaired) / judged)}%)`}`,
    `${count(progress.modelCalls)} calls${progress.storedCalls > 0 ? ` (+${count(progress.storedCalls)} stored)` : ""}`,
    `${count(progress.completionTokens)} tokens (${Math.round(progress.completionTokens / Math.max(elapsed, 0.001))}/s)`,
    ...(progress.usd === undefined ? [] : [`$${progress.usd.toFixed(4)}`]),
    ...(progress.failed > 0 ? [`${progress.failed} failed`] : []),
    seconds(elapsed),
    ...(finished > 0 && left > 0 ? [`about ${seconds(left / rate)} left`] : []),
    `${Math.round(process.memoryUsage.rss() / MEGABYTE)} MB`,
  ];
  return parts.join(" · ");
}

const MARKS: Readonly<Partial<Record<StoredTrajectory["fate"], string>>> = {
  kept: "kept    ",
  pending: "poor    ",
  accepted: "repaired",
  refused: "refused ",
  discarded: "dropped ",
  failed: "failed  ",
};

function describe({ fate, trajectory, verdict }: StoredTrajectory): string | undefined {
  const mark = MARKS[fate];
  if (mark === undefined) return undefined;
  const { query, provenance } = trajectory;
  const calls = trajectory.messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
  const steps = calls.map((call) => brief(String(Object.values(call.arguments)[0] ?? call.name), 60)).join(" → ");
  const by = provenance.repairer === undefined ? "" : ` by ${provenance.repairer}`;
  const why = fate === "kept" || verdict === undefined ? "" : `  (${brief(verdict.reason, 70)})`;
  return `${mark}${by} ${query.id}: ${brief(query.question, 50)} │ ${steps === "" ? "no tool" : steps} │ answer ${brief(trajectory.answer ?? "none", 20)}${why}`;
}

function brief(text: string, length: number): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length <= length ? line : `${line.slice(0, length - 1)}…`;
}
