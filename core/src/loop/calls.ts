/**
 * Every model and tool call goes through here: answered from the store where it was made before, counted and written down before anybody sees
 * its answer, without the secrets in it, refused once the run is stopping. The key is what was asked, not which run asked.
 */
import { Tracking } from "../host/tracking.ts";
import { messageOf } from "../kernel/errors.ts";
import { isInterruption } from "../kernel/interruption.ts";
import type { JsonObject, Policy, Tool, ToolContext, ToolResult, Turn, TurnRequest } from "../kernel/plugin.ts";
import { hideSecretsIn, withoutSecretsIn } from "../kernel/redaction.ts";
import { interrupted, orInterrupted, type Stopper } from "../kernel/stop.ts";
import { contentHash } from "../kernel/trajectory/identity.ts";
import { costUsd } from "./cost.ts";
import { Semaphore } from "./semaphore.ts";
import type { CallCache, CallKind } from "./store/call-cache.ts";

export interface CallObserver {
  /** A model turn is known. `fresh` is false when it came from the store. */
  turn(policyId: string, turn: Turn, policy: Policy, fresh: boolean): void;
  toolCall(toolId: string, fresh: boolean): void;
}

export class Calls {
  readonly #cache: CallCache;
  readonly #stopper: Stopper;
  readonly #observer: CallObserver;
  readonly #inFlight: number;
  readonly #codeOf: (id: string) => string | undefined;
  readonly #tracking: Tracking;
  readonly #limits = new Map<string, Semaphore>();
  readonly #running = new Map<string, { readonly answer: Promise<unknown>; readonly what: string }>();

  /** @param codeOf the code of the local plugin behind a preset id, which decides its answers as its `identity` does; undefined for an installed package */
  constructor(
    cache: CallCache,
    stopper: Stopper,
    observer: CallObserver,
    inFlight: number,
    codeOf: (id: string) => string | undefined = () => undefined,
    tracking: Tracking = Tracking.OFF,
  ) {
    this.#cache = cache;
    this.#stopper = stopper;
    this.#observer = observer;
    this.#inFlight = inFlight;
    this.#codeOf = codeOf;
    this.#tracking = tracking;
  }

  /** What is under way, as `model "student"`: for the report when a process runs dry. */
  unfinished(): readonly string[] {
    return [...this.#running.values()].map(({ what }) => what);
  }

  /** `sample` tells apart two calls that ask the same: the candidate or attempt they belong to. `place` says for whom it was asked first. */
  async model(policyId: string, policy: Policy, request: TurnRequest, sample: string, place = sample): Promise<Turn> {
    const asked = {
      ...this.#identity(policyId, policy),
      messages: request.messages,
      continuation: request.continuation.map(({ by, text }) => ({ by, text })),
      dialect: request.dialect,
      tools: request.tools,
      stop: request.stop,
      sampling: request.sampling,
      seed: request.seed,
    };
    const call = () =>
      this.#limitOf(policyId, policy).run(async () => {
        this.#refuseWhenStopping();
        return checkedTurn(await policy.generate(request, { signal: this.#stopper.signal }));
      });
    const { value, fresh } = await this.#timed(
      () => this.#once<Turn>({ kind: "model", by: policyId, place }, [asked, sample], asked, call),
      (end, turn) => {
        const answer = turn === undefined ? {} : { usage: { ...turn.usage }, finish: turn.finish };
        const usd = turn === undefined || end.stored || policy.price === undefined ? {} : { usd: costUsd(turn.usage, policy.price) };
        const sampling = { ...request.sampling };
        const { messages, continuation, tools } = request;
        this.#tracking.tell({ event: "model-call", policy: policyId, model: policy.model, sampling, ...answer, ...usd, ...end }, () => ({
          messages,
          continuation,
          tools,
          turn,
        }));
      },
    );
    this.#observer.turn(policyId, value, policy, fresh);
    return value;
  }

  /** `place` is the trajectory and the call's number in it: the same code run in two trajectories is run twice. */
  async tool(
    toolId: string,
    tool: Tool,
    args: JsonObject,
    place: string,
    context: Pick<ToolContext, "session" | "earlier" | "history">,
  ): Promise<ToolResult> {
    const asked = { ...this.#identity(toolId, tool), args, history: context.history };
    const call = async () => {
      this.#refuseWhenStopping();
      return checkedResult(await tool.call(args, { ...context, signal: this.#stopper.signal }));
    };
    const { value, fresh } = await this.#timed(
      () => this.#once<ToolResult>({ kind: "tool", by: toolId, place }, [asked, place], asked, call),
      (end, result) => {
        const answer = result === undefined ? {} : { ok: result.ok };
        this.#tracking.tell({ event: "tool-call", tool: toolId, name: tool.definition.name, ...answer, ...end }, () => ({ arguments: args, result }));
      },
    );
    this.#observer.toolCall(toolId, fresh);
    return value;
  }

  /** Tells how long it took and how it ended; of a call that was never begun, nothing. */
  async #timed<T>(
    work: () => Promise<{ readonly value: T; readonly fresh: boolean }>,
    tell: (end: { readonly milliseconds: number; readonly stored: boolean; readonly error?: string }, value?: T) => void,
  ): Promise<{ readonly value: T; readonly fresh: boolean }> {
    const begun = performance.now();
    try {
      const done = await work();
      tell({ milliseconds: performance.now() - begun, stored: !done.fresh }, done.value);
      return done;
    } catch (error) {
      if (!isInterruption(error)) tell({ milliseconds: performance.now() - begun, stored: false, error: messageOf(error) });
      throw error;
    }
  }

  #identity(id: string, { identity }: Policy | Tool): { readonly identity: string; readonly code?: string } {
    const code = this.#codeOf(id);
    return { identity, ...(code === undefined ? {} : { code }) };
  }

  async #once<T>(
    { kind, by, place }: { readonly kind: CallKind; readonly by: string; readonly place: string },
    keyParts: readonly unknown[],
    request: unknown,
    call: () => Promise<T>,
  ): Promise<{ value: T; fresh: boolean }> {
    const key = contentHash(kind, ...keyParts);
    const stored = this.#cache.get(key);
    if (stored !== undefined) return { value: withoutSecretsIn(JSON.parse(stored) as T), fresh: false };
    const running = this.#running.get(key);
    if (running !== undefined) return { value: (await running.answer) as T, fresh: false };
    this.#refuseWhenStopping();
    const started = performance.now();
    const answer = orInterrupted(call(), this.#stopper.signal).then(
      (given) => {
        const milliseconds = performance.now() - started;
        // Before anybody sees it: a resumed run reads the same from the store as this one goes on with.
        const value = sayable(given);
        this.#cache.put({ key, kind, by, place, request: JSON.stringify(withoutSecretsIn(request)), response: JSON.stringify(value), milliseconds });
        return value;
      },
      (error: unknown) => {
        hideSecretsIn(error);
        throw error;
      },
    );
    this.#running.set(key, { answer, what: `${kind} "${by}"` });
    try {
      return { value: await answer, fresh: true };
    } finally {
      this.#running.delete(key);
    }
  }

  #limitOf(policyId: string, policy: Policy): Semaphore {
    let limit = this.#limits.get(policyId);
    if (limit === undefined) {
      limit = new Semaphore(Math.min(policy.concurrency ?? this.#inFlight, this.#inFlight));
      this.#limits.set(policyId, limit);
    }
    return limit;
  }

  #refuseWhenStopping(): void {
    if (this.#stopper.stopping) throw interrupted();
  }
}

/** What is no turn or no result is never stored: asked again, it may be one. */
function checkedTurn(turn: Turn): Turn {
  if (typeof turn?.text === "string" && typeof turn.usage === "object") return turn;
  throw new Error(`its turn has no text or no usage: ${shown(turn)}`);
}

function checkedResult(result: ToolResult): ToolResult {
  if (typeof result?.content === "string" && typeof result.ok === "boolean") return result;
  throw new Error(`it returned ${result === undefined ? "nothing" : `no result with content and ok: ${shown(result)}`}`);
}

function shown(value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 200);
}

/** An answer without the secrets in it. A turn's token ids would spell out what its text no longer says. */
function sayable<T>(given: T): T {
  const clean = withoutSecretsIn(given);
  if (clean === given) return given;
  const { tokens: _tokens, ...rest } = clean as T & { readonly tokens?: unknown };
  return rest as T;
}
