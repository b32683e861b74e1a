/** BM25 over the user's own passages. This side only passes questions to the index's thread and answers back. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { PluginError } from "@autotraj/core/plugin";
import { type Caller, passagesFor } from "./caller.ts";
import type { SearchRequest, WorkerError, WorkerMessage, WorkerSetup } from "./index-thread.ts";
import type { LocalOptions } from "./options.ts";
import type { Passage } from "./passage.ts";
import type { Searcher } from "./searcher.ts";

const THREAD = new URL(import.meta.url.endsWith(".ts") ? "./index-thread.ts" : "./index-thread.js", import.meta.url);

export interface LocalStart {
  readonly searcher: LocalSearcher;
  /** False when the index was there already. */
  readonly fresh: boolean;
  readonly milliseconds: number;
}

/** Waits until the index is there. @throws PluginError SEARCH_CORPUS, SEARCH_INDEX */
export async function openLocal(corpus: string, options: LocalOptions, topK: number, cacheDir: string): Promise<LocalStart> {
  const { stemming, titleWeight, stopWords } = options;
  const setup: WorkerSetup = { corpus, folder: join(cacheDir, "tool-search"), stemming, titleWeight, stopWords, topK };
  const worker = new Worker(THREAD, { workerData: setup });
  try {
    const { corpusHash, fresh, milliseconds } = await ready(worker);
    const identity = createHash("sha256")
      .update(JSON.stringify([corpusHash, stemming, titleWeight, stopWords]))
      .digest("hex")
      .slice(0, 16);
    return { searcher: new LocalSearcher(worker, `local ${identity}`), fresh, milliseconds };
  } catch (error) {
    await worker.terminate();
    throw error;
  }
}

function ready(worker: Worker): Promise<Extract<WorkerMessage, { kind: "ready" }>> {
  return new Promise((resolve, reject) => {
    worker.once("error", (error) => reject(threadEnded(error.message)));
    worker.once("exit", (code) => reject(threadEnded(`exit code ${code}`)));
    worker.once("message", (message: WorkerMessage) => {
      if (message.kind === "ready") resolve(message);
      else if (message.kind === "not-ready") reject(putTogether(message.error));
    });
  });
}

export class LocalSearcher implements Searcher {
  readonly identity: string;
  readonly #worker: Worker;
  readonly #asked = new Map<number, Caller>();
  #nextId = 0;
  #ended: PluginError | undefined;

  constructor(worker: Worker, identity: string) {
    this.identity = identity;
    this.#worker = worker;
    worker.on("message", (message: WorkerMessage) => this.#answer(message));
    worker.on("error", (error) => this.#end(threadEnded(error.message)));
    worker.on("exit", (code) => this.#end(threadEnded(`exit code ${code}`)));
  }

  /** A caller that leaves gets its answer thrown away: a query takes milliseconds. */
  async search(query: string, signal: AbortSignal): Promise<readonly Passage[]> {
    if (this.#ended !== undefined) throw this.#ended;
    return passagesFor(signal, (caller) => {
      const id = this.#nextId++;
      this.#asked.set(id, caller);
      this.#worker.postMessage({ id, query } satisfies SearchRequest);
      return () => this.#asked.delete(id);
    });
  }

  async close(): Promise<void> {
    this.#end(new PluginError("SEARCH_INDEX", "the search tool was used after its run had ended."));
    await this.#worker.terminate();
  }

  #answer(message: WorkerMessage): void {
    if (message.kind !== "found" && message.kind !== "broke") return;
    const asked = this.#asked.get(message.id);
    if (message.kind === "found") asked?.resolve(message.passages);
    else asked?.reject(putTogether(message.error));
  }

  #end(error: PluginError): void {
    this.#ended ??= error;
    for (const { reject } of [...this.#asked.values()]) reject(this.#ended);
  }
}

function putTogether({ code, message, hint }: WorkerError): PluginError {
  return new PluginError(code, message, hint === undefined ? {} : { hint });
}

function threadEnded(reason: string): PluginError {
  return new PluginError("SEARCH_INDEX", `the thread that searches has ended: ${reason}`, {
    hint: "Start again; if it was out of memory, free some.",
  });
}
