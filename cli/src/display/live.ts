/** What a person sees while a run goes on: the first trajectories as they come, then how far it is. Bars that are redrawn on a terminal, plain lines elsewhere. */
import type { Progress, RunObserver, StageArtifact, StageState, StoredTrajectory, TrainProgress, UsedPlugin } from "@autotraj/core";
import type { ToolCall } from "@autotraj/core/plugin";
import { count, seconds } from "@autotraj/report";
import { asTyped } from "../command-line.ts";
import { type LoopAside, loopLines, percent, spent, stageLines } from "./bars.ts";
import { type LoopShape, Remaining } from "./remaining.ts";
import { DrawnLines, fitting } from "./terminal.ts";

const REDRAW_MS = 500;
const PLAIN_LINE_MS = 15_000;
const SHOWN_OF_A_KIND = 3;
const MEGABYTE = 2 ** 20;

export interface LiveOptions {
  readonly out: NodeJS.WriteStream;
  /** Trajectories shown one by one before only the counters go on. */
  readonly show: number;
  /** What a run is known to do before it begins; without it nothing is said of the time that is left of its loop. */
  readonly shape?: LoopShape;
  /** What comes behind the loop. */
  readonly stages?: readonly string[];
  /** False where another process is at work: what this one takes says nothing then. Default true. */
  readonly isOwn?: boolean;
}

/** What a stage is doing: in lines for a terminal, and in one for everything else. */
interface StageShown {
  readonly lines: readonly string[];
  readonly line: string;
}

export class LiveDisplay implements RunObserver {
  readonly #drawn: DrawnLines;
  readonly #isOwn: boolean;
  #left: number;
  readonly #incidents = new Map<string, number>();
  /** Set up, in the preset's order. */
  plugins: readonly UsedPlugin[] = [];
  onReady: (plugins: readonly UsedPlugin[]) => void = () => {};
  /** Told once, before the first question. */
  onStarted: () => void = () => {};
  #progress: Progress | undefined;
  #stage: StageShown | undefined;
  #stageStart = { of: "", at: 0, step: 0 };
  #said = { line: "", since: 0 };
  #timer: NodeJS.Timeout | undefined;
  readonly #shape: LoopShape | undefined;
  readonly #stages: readonly string[];
  #remaining: Remaining | undefined;

  constructor({ out, show, shape, stages = [], isOwn = true }: LiveOptions) {
    this.#drawn = new DrawnLines(out);
    this.#isOwn = isOwn;
    this.#left = show;
    this.#shape = shape;
    this.#stages = stages;
  }

  ready(plugins: readonly UsedPlugin[]): void {
    this.plugins = plugins;
    this.onReady(plugins);
  }

  started(progress: Progress): void {
    this.onStarted();
    this.#progress = progress;
    this.#remaining = this.#shape === undefined ? undefined : new Remaining(this.#shape);
    const every = this.#drawn.areRedrawn ? REDRAW_MS : PLAIN_LINE_MS;
    clearInterval(this.#timer);
    // Does not keep the process alive: a run that has run dry must be able to say so.
    this.#timer = setInterval(() => this.#draw(), every).unref();
  }

  trajectory(row: StoredTrajectory): void {
    if (this.#left <= 0) return;
    const line = describe(row);
    if (line === undefined) return;
    this.#left--;
    this.#drawn.writeAbove(line, MARK_COLUMNS);
  }

  /** The same incident is shown three times; the run's log has them all. */
  incident(who: string, what: string): void {
    const [first = "", ...more] = what.split("\n");
    const place = more.find((told) => told.startsWith("  in "))?.slice("  in ".length);
    const line = `! ${who}: ${first}${place === undefined ? "" : ` (${place})`}`;
    const kind = line.replace(/\b(?:query|trajectory|item|row) [^\s).]+|[\da-f-]{4,}|\d+(?:\.\d+)?/g, "#");
    const times = (this.#incidents.get(kind) ?? 0) + 1;
    this.#incidents.set(kind, times);
    if (times <= SHOWN_OF_A_KIND) this.#print(times === SHOWN_OF_A_KIND ? `${line} (more of these are in log.jsonl)` : line);
  }

  info(message: string): void {
    this.#print(message);
  }

  stage(stage: string, what: StageState, artifact?: StageArtifact): void {
    // From here on the stage's own line is what is going on.
    this.#progress = undefined;
    this.#stage = underWay(stage, what);
    this.#stageStart = { of: "", at: 0, step: 0 };
    this.#drawn.draw([]);
    if (what === "trains") return;
    this.#print(`stage ${stage} ${what}${artifact === undefined ? "" : describeArtifact(artifact)}`);
  }

  training(stage: string, progress: TrainProgress): void {
    const now = performance.now();
    if (progress.step < this.#stageStart.step || this.#stageStart.of !== stage) this.#stageStart = { of: stage, at: now, step: progress.step };
    this.#stage = trainingShown(stage, progress, this.#stageStart, now);
  }

  evaluating(model: string, questions: number): void {
    this.#stage = plainStage(`evaluate ${model}: ${count(questions)} questions`);
  }

  stop(): void {
    clearInterval(this.#timer);
    if (this.#progress !== undefined) this.#draw();
    this.#drawn.end();
  }

  #print(line: string): void {
    this.#drawn.writeAbove(asTyped(line));
  }

  #draw(): void {
    const shown = this.#stage ?? (this.#progress === undefined ? undefined : this.#loopShown(this.#progress));
    if (shown !== undefined) this.#drawn.draw(this.#drawn.areRedrawn ? shown.lines : [this.#withAge(shown.line)]);
  }

  /** A line that says what the one before it said says for how long: work that takes minutes between two reports does not look as if it hung. */
  #withAge(line: string): string {
    const now = performance.now();
    if (line !== this.#said.line) {
      this.#said = { line, since: now };
      return line;
    }
    return `${line} · for ${seconds(Math.round((now - this.#said.since) / 1000))}`;
  }

  #loopShown(progress: Progress): StageShown {
    const elapsed = (performance.now() - progress.startedAt) / 1000;
    const aside: LoopAside = {
      elapsed,
      left: this.#remaining?.seen(progress, elapsed),
      behind: this.#stages,
      candidates: this.#shape?.candidates,
      memory: this.#isOwn ? process.memoryUsage.rss() : undefined,
    };
    return { lines: loopLines(progress, aside), line: progressLine(progress, aside) };
  }
}

function underWay(stage: string, what: StageState): StageShown | undefined {
  if (what === "begins") return plainStage(`stage ${stage}`);
  return what === "trains" ? plainStage(`${stage}: its trainer starts`) : undefined;
}

function plainStage(line: string): StageShown {
  return { lines: [line], line };
}

/** `sft: step 12/40 · loss 0.311 · 152 tokens/s · about 2 min 3 s left` */
function trainingShown(stage: string, progress: TrainProgress, start: { at: number; step: number }, now: number): StageShown {
  const { step, total, metrics } = progress;
  const done = step - start.step;
  const known = done > 0 ? ((now - start.at) / 1000 / done) * (total - step) : 0;
  const left = known > 0 ? known : undefined;
  const figures = Object.entries(metrics)
    .filter(([name]) => SHOWN_METRICS.includes(name))
    .map(([name, value]) => (name === "tokensPerSecond" ? `${Math.round(value)} tokens/s` : `${name} ${value.toPrecision(3)}`));
  const parts = [`${stage}: step ${step}/${total}`, ...figures, ...(left === undefined ? [] : [`about ${seconds(left)} left`])];
  return { lines: stageLines(stage, progress, figures, left), line: parts.join(" · ") };
}

const SHOWN_METRICS: readonly string[] = ["loss", "accuracy", "reward", "invalid", "tokensPerSecond"];

function describeArtifact({ metrics = {}, seconds: took, modelPath, ...others }: StageArtifact): string {
  const { rows } = others as { readonly rows?: { readonly train: number } };
  const figures = Object.entries(metrics)
    .slice(0, 4)
    .map(([name, value]) => `${name} ${value.toPrecision(3)}`);
  return `: ${[...(rows === undefined ? [] : [`${count(rows.train)} rows`]), ...figures, seconds(took), ...(modelPath === undefined ? [] : [modelPath])].join(", ")}`;
}

function progressLine(progress: Progress, { elapsed, left, behind, memory }: LoopAside): string {
  const finished = progress.done + progress.dropped + progress.failed;
  const judged = progress.repaired + progress.hard;
  const parts = [
    `${finished + progress.resumed}/${progress.queries} questions`,
    `${count(progress.candidates)} candidates: ${count(progress.kept)} kept, ${count(progress.repaired)} repaired${judged === 0 ? "" : ` (${percent(progress.repaired, judged)})`}`,
    ...spent(progress, elapsed),
    ...(progress.failed > 0 ? [`${progress.failed} failed`] : []),
    seconds(elapsed),
    ...(left === undefined ? [] : [`about ${seconds(Math.round(left))} left${behind.length === 0 ? "" : `, then ${behind.join(", ")}`}`]),
    ...(memory === undefined ? [] : [`${Math.round(memory / MEGABYTE)} MB`]),
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

/** Of a mark and the blank behind it. */
const MARK_COLUMNS = 9;

function describe({ fate, trajectory, verdict }: StoredTrajectory): string | undefined {
  const mark = MARKS[fate];
  if (mark === undefined) return undefined;
  const { query, provenance } = trajectory;
  const calls = trajectory.messages.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
  const steps = calls.map((call) => brief(firstValue(call) ?? call.name, 60)).join(" → ");
  const by = provenance.repairer === undefined ? "" : ` by ${provenance.repairer}`;
  const why = fate === "kept" || verdict === undefined ? "" : `  (${brief(verdict.reason, 70)})`;
  return `${mark}${by} ${query.id}: ${brief(query.question, 50)} │ ${steps === "" ? "no tool" : steps} │ answer ${brief(trajectory.answer ?? "none", 20)}${why}`;
}

function firstValue({ arguments: args }: ToolCall): string | undefined {
  const [value = null] = Object.values(args);
  return value === null || typeof value === "string" ? (value ?? undefined) : JSON.stringify(value);
}

function brief(text: string, columns: number): string {
  return fitting(text.replace(/\s+/g, " ").trim(), columns);
}
