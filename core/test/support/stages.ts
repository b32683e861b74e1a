/** Runs with stages after the loop: fixture plugins, and a trainer whose process counts steps. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ResolvedPreset, resolvePreset } from "../../src/config/preset/index.ts";
import type { JsonObject } from "../../src/kernel/plugin.ts";
import type { StopSwitch } from "../../src/loop/stop-switch.ts";
import { artifactOf, type KeptArtifact } from "../../src/results/artifact.ts";
import { type RunRequest, type RunResult, run } from "../../src/run/run.ts";
import type { Episodes } from "../../src/run/stages/episodes.ts";
import { fixture } from "./presets.ts";
import { plugins, questionRows } from "./runs.ts";

export interface StagesSettings {
  readonly stages?: JsonObject;
  readonly ablations?: JsonObject;
  readonly reward?: JsonObject;
  readonly extra?: Readonly<Record<string, { readonly use: string; readonly options?: JsonObject }>>;
  readonly seed?: number;
  readonly rounds?: number;
  readonly only?: readonly string[];
  readonly alongside?: RunRequest["alongside"];
  readonly serve?: ServeEpisodes;
  readonly stop?: StopSwitch;
}

/** How a test serves episodes: the server plugin of its preset asks for it under this name. */
export type ServeEpisodes = (episodes: Episodes) => Promise<{ readonly url: string; readonly token: string; close(): Promise<void> }>;
const SERVED = Symbol.for("autotraj-test-serve");

/** Terms of all three roles, and a reward model. */
export const REWARD = { terms: { use: fixture("reward-terms") } };
/** For stage `rl` whose trainer asks for no episode. */
export const SERVE: ServeEpisodes = async () => ({ url: "", token: "t", close: async () => {} });

/** What the stages of these tests leave. */
export type Trained = KeptArtifact & {
  readonly modelPath: string;
  readonly rows: { readonly train: number; readonly heldOut: number };
  readonly report?: { readonly pairs: number };
};

export class StagesRun {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-stages-")));
  /** The run's folder. */
  at = join(this.folder, "out");
  /** What began and ended, and incidents. */
  readonly said: string[] = [];
  readonly told: string[] = [];

  /** A line for every job of the trainer. */
  get journal(): string {
    return join(this.folder, "journal");
  }

  out(...path: readonly string[]): string {
    return join(this.at, ...path);
  }

  artifact(name: string): Trained {
    const artifact = artifactOf(this.at, name);
    if (artifact === undefined) throw new Error(`there is no artifact of ${name}`);
    return artifact as Trained;
  }

  async preset({
    stages = { sft: { model: "base" } },
    ablations = {},
    reward = {},
    extra = {},
    seed = 0,
    rounds = 1,
  }: StagesSettings = {}): Promise<ResolvedPreset> {
    writeFileSync(join(this.folder, "questions.jsonl"), questionRows(40));
    writeFileSync(
      join(this.folder, "held-out.jsonl"),
      Array.from(
        { length: 12 },
        (_, n) => `${JSON.stringify({ id: `h-${n}`, question: `What is ${n + 100} + 7?`, answer: n + 107, task: `t${n % 2}` })}\n`,
      ).join(""),
    );
    const entries = Object.entries(plugins()).map(([id, [use, options = {}]]) => [id, { use, options }]);
    const preset = {
      queries: { train: "questions.jsonl", evaluate: "held-out.jsonl" },
      rollout: { policy: "student", candidates: 2, wave: 8 },
      run: { seed, rounds },
      stages,
      ablations,
      reward,
      plugins: {
        ...Object.fromEntries(entries),
        trainer: { use: fixture("pretend-trainer"), options: { journal: this.journal } },
        server: { use: fixture("episode-server") },
        ...extra,
      },
    };
    writeFileSync(join(this.folder, "demo.json"), JSON.stringify(preset));
    return resolvePreset("./demo.json", { cwd: this.folder });
  }

  async start(settings: StagesSettings = {}): Promise<RunResult> {
    const { only, serve = SERVE, stop, alongside } = settings;
    Object.assign(globalThis, { [SERVED]: serve });
    return run({
      preset: await this.preset(settings),
      asked: { ref: "./demo.json", cwd: this.folder, set: [] },
      runDir: this.at,
      cacheDir: join(this.folder, "cache"),
      observer: {
        stage: (stage, what) => this.said.push(`${stage} ${what}`),
        incident: (who, what) => this.said.push(`! ${who}: ${what}`),
        // Said of every run that goes on.
        info: (message) => void (message === "The loop is finished already." || this.told.push(message)),
      },
      ...(only === undefined ? {} : { stages: only }),
      ...(alongside === undefined ? {} : { alongside }),
      ...(stop === undefined ? {} : { stop }),
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
