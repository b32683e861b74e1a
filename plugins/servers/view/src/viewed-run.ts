/** A run that is being looked at: its folder, its index, and the thread that fills it. */
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { IndexProgress, RunEntry } from "./api.ts";
import { IndexReader } from "./index-store/reader.ts";
import { indexPlace } from "./index-store/schema.ts";
import type { FillingJob, FillingProblem } from "./index-store/worker.ts";
import { describeRun } from "./run-folder.ts";

export class ViewedRun {
  readonly key: string;
  readonly folder: string;
  readonly reader: IndexReader;
  readonly #job: FillingJob;
  #worker: Worker | undefined;
  #problem: string | null = null;

  constructor(key: string, folder: string, cacheDir: string) {
    this.key = key;
    this.folder = folder;
    const place = indexPlace(cacheDir, folder);
    this.#job = { folder, place };
    this.reader = new IndexReader(place.file);
  }

  entry(): RunEntry {
    return describeRun(this.key, this.folder);
  }

  /** The index is filled from the first time that somebody looks at the run. */
  fill(): void {
    if (this.#worker !== undefined) return;
    const worker = new Worker(new URL(`./index-store/worker${extname(import.meta.url)}`, import.meta.url), { workerData: this.#job });
    this.#worker = worker;
    worker.unref();
    worker.on("message", ({ problem }: FillingProblem) => {
      this.#problem = problem;
    });
    worker.on("error", (error) => {
      this.#problem = error.message;
      this.#worker = undefined;
    });
  }

  progress(): IndexProgress {
    return { ...this.reader.progress(), problem: this.#problem };
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
    this.reader.close();
  }
}
