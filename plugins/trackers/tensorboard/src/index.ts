import { readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { definePlugin, type RunEvent, TRACKER } from "@autotraj/core/plugin";
import { type Counts, Curves } from "./curves.ts";
import { EventFile } from "./event-file.ts";

export interface TensorBoardOptions {
  readonly folder?: string;
  readonly histograms: boolean;
}

export default definePlugin<TensorBoardOptions>({
  meta: {
    name: "@autotraj/tracker-tensorboard",
    apiVersion: 1,
    kind: "tracker",
    description: "TensorBoard event files of a run: curves of the loop and of each stage, the run's funnel, histograms of scores",
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        folder: {
          type: "string",
          minLength: 1,
          path: true,
          description:
            "Folder that gets a folder per run, so that runs lie side by side in one TensorBoard. Default: `tensorboard` in the run's own folder.",
        },
        histograms: { type: "boolean", default: true, description: "Also a histogram of each dimension's scores, at the end of the run." },
      },
    },
    provides: [TRACKER],
    supports: { network: false },
  },
  setup(api, options) {
    let board: Board | undefined;
    api.provide(TRACKER, {
      async track(events) {
        board ??= await boardOf(events, options);
        await board?.write(events);
      },
    });
  },
});

/** Undefined where no run has begun: an RL service, say. */
async function boardOf(events: readonly RunEvent[], { folder, histograms }: TensorBoardOptions): Promise<Board | undefined> {
  const began = events.find((event) => event.event === "start" && event.activity.kind === "run");
  if (began?.event !== "start" || began.activity.kind !== "run") return undefined;
  const { runDir, runId } = began.activity;
  const at = folder === undefined ? join(runDir, "tensorboard") : join(folder, basename(runDir));
  return new Board(at, new Curves(await countsOf(at, runId), { histograms }), began.at);
}

class Board {
  readonly #folder: string;
  readonly #curves: Curves;
  readonly #file: EventFile;

  constructor(folder: string, curves: Curves, at: number) {
    this.#folder = folder;
    this.#curves = curves;
    this.#file = new EventFile(folder, at);
  }

  async write(events: readonly RunEvent[]): Promise<void> {
    const points = this.#curves.points(events);
    if (points.length === 0) return;
    await this.#file.write(points);
    await writeFile(join(this.#folder, COUNTS), `${JSON.stringify(this.#curves.counts)}\n`);
  }
}

const COUNTS = "counts.json";

/** What earlier processes of this run have counted; curves go on from there. */
async function countsOf(folder: string, runId: string): Promise<Counts> {
  const fresh: Counts = { runId, sums: {} };
  try {
    const known = JSON.parse(await readFile(join(folder, COUNTS), "utf8")) as Partial<Counts>;
    return known.runId === runId && typeof known.sums === "object" && known.sums !== null ? { runId, sums: { ...known.sums } } : fresh;
  } catch (error) {
    // None yet, or half of one: the curves begin at 0.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return fresh;
    throw error;
  }
}
