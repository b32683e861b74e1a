/** Timers, servers and processes that plugins begin in their set-up or start and never end. */
import { createHook, executionAsyncId } from "node:async_hooks";
import { at, framesOf, type KnownPlugin, whereOf, whoOf } from "./frames.ts";

/** What keeps a process alive, by the engine's names, in words. */
const KINDS: Readonly<Record<string, string>> = {
  Timeout: "a timer",
  TCPSERVERWRAP: "a server",
  PIPESERVERWRAP: "a server",
  PROCESSWRAP: "a process",
  FSEVENTWRAP: "a watched file",
};

/** There are too many of these, and what they lead to is found without them. */
const PASSED_OVER = ["PROMISE", "Microtask"];
/** Beyond this a start is no mere start, and its stacks would only take memory. */
const MOST = 10_000;

/** As the engine hands it over. A timer that was cleared or has fired says only by `_destroyed` that it is over: it still has its reference. */
interface Resource {
  hasRef?(): boolean | null;
  readonly _destroyed?: boolean;
}

interface Begun {
  readonly what: string;
  readonly stack: string;
  readonly resource: WeakRef<Resource>;
}

export class LeftBehind {
  readonly #begun: Begun[] = [];
  /** By what was begun: some of it is made later on, in a callback of something that the plugin asked for. */
  readonly #stacks = new Map<number, string>();
  readonly #hook = createHook({
    init: (id, type, _trigger, resource) => {
      if (PASSED_OVER.includes(type) || this.#stacks.size >= MOST) return;
      const stack = `${new Error("begun").stack}\n${this.#stacks.get(executionAsyncId()) ?? ""}`;
      this.#stacks.set(id, stack);
      const what = KINDS[type];
      if (what !== undefined) this.#begun.push({ what, stack, resource: new WeakRef(resource) });
    },
  });

  /** Costs something for all that is begun: for set-up and start only. */
  watch(): void {
    this.#hook.enable();
  }

  /** What is begun from here on is the run's. */
  rest(): void {
    this.#hook.disable();
  }

  /** One sentence for each that still holds the process, by plugin and line. */
  told(plugins: readonly KnownPlugin[]): readonly string[] {
    this.rest();
    const told = this.#begun.flatMap(({ what, stack, resource }) => {
      if (!holdsTheProcess(resource.deref())) return [];
      const found = at(framesOf(stack), plugins);
      if (found?.plugin === undefined) return [];
      return [`${whoOf(found)} left ${what} running (${whereOf(found)}). A program that uses it would not end: end it in api.onDispose.`];
    });
    return [...new Set(told)];
  }
}

function holdsTheProcess(resource: Resource | undefined): boolean {
  return resource?.hasRef?.() === true && resource._destroyed !== true;
}
