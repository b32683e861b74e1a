/** Search-R1's retrieval servers. Queries that come at about the same time, from all trajectories, go together in one request. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Logger, PluginError } from "@autotraj/core/plugin";
import { backoffMs } from "@autotraj/http-attempts/backoff";
import { type Caller, passagesFor } from "./caller.ts";
import type { RetrieveOptions } from "./options.ts";
import type { Passage } from "./passage.ts";
import { type Failure, request } from "./retrieve-request.ts";
import type { Searcher } from "./searcher.ts";

/** What goes in one request. */
interface Batch {
  /** By query: candidates of one question often ask the same. */
  readonly callers: Map<string, Set<Caller>>;
  /** Aborted when nobody waits for it any more. */
  readonly abandoned: AbortController;
}

export class RetrieveSearcher implements Searcher {
  readonly identity: string;
  readonly #options: RetrieveOptions;
  readonly #topK: number;
  readonly #log: Logger;
  readonly #closed = new AbortController();
  #waiting: Batch = emptyBatch();
  #timer: NodeJS.Timeout | undefined;
  #nextUrl = 0;
  /** True from the first failure until the next answer: one warning per outage. */
  #warned = false;

  constructor(options: RetrieveOptions, topK: number, log: Logger) {
    this.#options = options;
    this.#topK = topK;
    this.#log = log;
    this.identity = `retrieve ${options.urls.toSorted().join(" ")}`;
  }

  /** Asks every server once, so that a run without search stops before its first question. @throws PluginError where none answers. */
  async probe(): Promise<void> {
    const { urls } = this.#options;
    const failures = await Promise.all(urls.map((url) => this.#ask(["test"], this.#closed.signal, [url]).then(noFailure, (error: unknown) => error)));
    const away = failures.filter((failure) => failure !== undefined);
    if (away.length === urls.length) throw away[0] instanceof Indigestible ? away[0].cause : away[0];
    for (const failure of away) this.#log.warn(`${failure instanceof Error ? failure.message : failure} The other servers are used.`);
  }

  async search(query: string, signal: AbortSignal): Promise<readonly Passage[]> {
    this.#closed.signal.throwIfAborted();
    return passagesFor(signal, (caller) => {
      const batch = this.#waiting;
      const callers = batch.callers.get(query) ?? new Set();
      batch.callers.set(query, callers.add(caller));
      this.#timer ??= setTimeout(() => this.#send(), this.#options.batchWindowMs);
      if (batch.callers.size >= this.#options.batchSize) this.#send();
      return () => removeCaller(batch, query, caller);
    });
  }

  async close(): Promise<void> {
    this.#closed.abort(new PluginError("SEARCH_CLOSED", "the search tool was used after its run had ended."));
    this.#send();
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#waiting;
    this.#waiting = emptyBatch();
    void this.#answer(batch, [...batch.callers.keys()]);
  }

  /** Every caller of these queries is answered or refused; never rejects. */
  async #answer(batch: Batch, queries: readonly string[]): Promise<void> {
    if (queries.length === 0) return;
    const callersOf = (query: string): readonly Caller[] => [...(batch.callers.get(query) ?? [])];
    try {
      const found = await this.#ask(queries, AbortSignal.any([this.#closed.signal, batch.abandoned.signal]), this.#urlsInTurn());
      for (const [index, query] of queries.entries()) for (const { resolve } of callersOf(query)) resolve(found[index] ?? []);
    } catch (error) {
      if (error instanceof Indigestible && queries.length > 1) {
        // One query that a server chokes on must not cost the others their answers.
        const half = Math.ceil(queries.length / 2);
        await Promise.all([this.#answer(batch, queries.slice(0, half)), this.#answer(batch, queries.slice(half))]);
        return;
      }
      for (const query of queries) for (const { reject } of callersOf(query)) reject(error instanceof Indigestible ? error.cause : error);
    }
  }

  /** Tries until there is an answer or no more attempt; the servers in turn. @throws PluginError, Indigestible, or the signal's reason. */
  async #ask(queries: readonly string[], signal: AbortSignal, urls: readonly string[]): Promise<readonly (readonly Passage[])[]> {
    const { timeoutMs, maxRetries } = this.#options;
    for (let attempt = 0; ; attempt++) {
      const url = urls[attempt % urls.length] as string;
      const answer = await request({ url, queries, topK: this.#topK, timeoutMs, signal });
      if (!("error" in answer)) {
        this.#warned = false;
        return answer;
      }
      if (!answer.retry || attempt >= maxRetries) throw givenUp(answer, attempt + 1);
      this.#warnOnce(answer);
      await sleep(this.#pauseMs(attempt, urls.length), undefined, { signal }).catch(() => {
        throw signal.reason;
      });
    }
  }

  /** Servers not yet tried are asked at once; rounds wait longer and longer. */
  #pauseMs(attempt: number, servers: number): number {
    if ((attempt + 1) % servers !== 0) return 0;
    return backoffMs((attempt + 1) / servers - 1, this.#options.retryDelayMs);
  }

  #urlsInTurn(): readonly string[] {
    const { urls } = this.#options;
    const first = this.#nextUrl++ % urls.length;
    return [...urls.slice(first), ...urls.slice(0, first)];
  }

  #warnOnce({ error }: Failure): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#log.warn(`${error.message} Trying again, up to ${this.#options.maxRetries} times.`);
  }
}

function emptyBatch(): Batch {
  return { callers: new Map(), abandoned: new AbortController() };
}

/** A query that nobody waits for any more is not sent; a request that nobody waits for is broken off. */
function removeCaller({ callers, abandoned }: Batch, query: string, caller: Caller): void {
  const others = callers.get(query);
  others?.delete(caller);
  if (others?.size === 0) callers.delete(query);
  if (callers.size === 0) abandoned.abort();
}

/** The server answers, but not this batch. Its cause is what people are told. */
class Indigestible extends Error {}

function givenUp({ error, divide }: Failure, attempts: number): Error {
  const message = attempts === 1 ? error.message : `${error.message} (the last of ${attempts} attempts)`;
  const told = new PluginError(error.code, message, { cause: error, ...(error.hint === undefined ? {} : { hint: error.hint }) });
  return divide ? new Indigestible(message, { cause: told }) : told;
}

function noFailure(): undefined {
  return undefined;
}
