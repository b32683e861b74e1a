/** Tells trackers what happens, beside the run: it waits for none of them, and none can change, slow or end it. */
import { AsyncLocalStorage } from "node:async_hooks";
import { messageOf } from "../kernel/errors.ts";
import { deepFreeze } from "../kernel/freeze.ts";
import { isInterruption } from "../kernel/interruption.ts";
import { copyOf } from "../kernel/json.ts";
import type { Activity, Happening, RunEvent, Tracker } from "../kernel/plugin.ts";
import { withoutSecretsIn } from "../kernel/redaction.ts";
import { FAILURES_IN_A_ROW } from "../kernel/streaks.ts";

/** Events that wait for one tracker, at most: some hundred bytes each where it wants no content. */
const MOST_WAITING = 10_000;
const DELIVERY_MS = 1000;
const ANSWER_MS = 30_000;
/** What a tracker has for the rest, once the run is over. */
const CLOSE_MS = 10_000;

type End = Omit<Extract<Happening, { event: "end" }>, "event" | "id" | "kind" | "milliseconds">;
type Incident = (who: string, what: string) => void;
type Texts = () => Readonly<Record<string, unknown>>;

export class Tracking {
  /** For what has no run around it. */
  static readonly OFF = new Tracking(new Map(), () => {});
  readonly #followers: readonly Follower[];
  readonly #inside = new AsyncLocalStorage<number>();
  #ids = 0;

  /** @param deliveryMs how long events wait for others, in milliseconds, before they are handed over together */
  constructor(trackers: ReadonlyMap<string, Tracker>, incident: Incident, deliveryMs = DELIVERY_MS) {
    this.#followers = [...trackers].map(([id, tracker]) => new Follower(id, tracker, incident, deliveryMs));
  }

  /** @param content what only trackers that ask for it are told; called at once, and only where there is one */
  tell(happening: Happening, content?: Texts): void {
    if (this.#followers.length === 0) return;
    const within = this.#inside.getStore();
    const moment = { at: performance.timeOrigin + performance.now(), ...(within === undefined ? {} : { within }) };
    const plain = sayable({ ...moment, ...happening });
    let whole: RunEvent | undefined;
    for (const follower of this.#followers) {
      // A copy: what a policy or tool was given is its own.
      if (content !== undefined && follower.wantsContent) whole ??= sayable({ ...plain, content: copyOf(content()) } as RunEvent);
      follower.take(follower.wantsContent ? (whole ?? plain) : plain);
    }
  }

  /** Tells that this begins and how it ends; all that is told in between, by whatever the work sets off, is within it. */
  async during<T>(activity: Activity, work: (say: (end: End) => void) => Promise<T>, content?: Texts): Promise<T> {
    if (this.#followers.length === 0) return work(() => {});
    const id = ++this.#ids;
    const begun = performance.now();
    let end: End = { outcome: "done" };
    this.tell({ event: "start", id, activity }, content);
    try {
      return await this.#inside.run(id, () =>
        work((said) => {
          end = said;
        }),
      );
    } catch (error) {
      end = { outcome: isInterruption(error) ? "interrupted" : "failed", reason: messageOf(error) };
      throw error;
    } finally {
      this.tell({ event: "end", id, kind: activity.kind, milliseconds: performance.now() - begun, ...end });
    }
  }

  /** Hands over what still waits. @param limitMs how long all of them together may take */
  async close(limitMs = CLOSE_MS): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.close(limitMs)));
  }
}

function sayable(event: RunEvent): RunEvent {
  return deepFreeze(withoutSecretsIn(event));
}

/** One tracker with what it has not been told yet. */
class Follower {
  readonly wantsContent: boolean;
  readonly #id: string;
  readonly #tracker: Tracker;
  readonly #incident: Incident;
  readonly #deliveryMs: number;
  #waiting: RunEvent[] = [];
  #leftOut = 0;
  #failures = 0;
  #isOver = false;
  #timer: NodeJS.Timeout | undefined;
  #handing: Promise<void> | undefined;

  constructor(id: string, tracker: Tracker, incident: Incident, deliveryMs: number) {
    this.#id = id;
    this.#tracker = tracker;
    this.#incident = incident;
    this.#deliveryMs = deliveryMs;
    this.wantsContent = tracker.content === true;
  }

  take(event: RunEvent): void {
    // Of its own failures it is told nothing: they would never end.
    if (this.#isOver || (event.event === "incident" && event.who === this.#id)) return;
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(event);
    else this.#leftOut++;
    this.#later();
  }

  async close(limitMs: number): Promise<void> {
    try {
      await withinTime(this.#rest(), limitMs);
    } catch (error) {
      this.#incident(this.#id, `${this.#waiting.length} events could not be told at the end: ${messageOf(error)}`);
    }
    this.#isOver = true;
    clearTimeout(this.#timer);
    if (this.#leftOut > 0) this.#incident(this.#id, `${this.#leftOut} events were left out: it takes them slower than they come.`);
    this.#leftOut = 0;
  }

  async #rest(): Promise<void> {
    while (!this.#isOver && (this.#waiting.length > 0 || this.#handing !== undefined)) await (this.#handing ?? this.#hand());
  }

  /** Keeps no process alive: where nothing else does, the run has run dry and must be able to say so. */
  #later(): void {
    if (this.#handing === undefined && !this.#isOver) this.#timer ??= setTimeout(() => void this.#hand(), this.#deliveryMs).unref();
  }

  /** What waits, all at once. Never rejects. */
  #hand(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const events = Object.freeze(this.#waiting.splice(0));
    this.#handing = withinTime((async () => this.#tracker.track(events))(), ANSWER_MS)
      .then(
        () => {
          this.#failures = 0;
        },
        (error: unknown) => this.#failed(error),
      )
      .finally(() => {
        this.#handing = undefined;
        if (this.#waiting.length > 0) this.#later();
      });
    return this.#handing;
  }

  #failed(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = error instanceof Overrun || ++this.#failures >= FAILURES_IN_A_ROW;
    this.#incident(this.#id, `what happened could not be told: ${messageOf(error)}${this.#isOver ? ". It is told nothing more." : ""}`);
  }
}

class Overrun extends Error {}

async function withinTime(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Overrun(`it did not come back within ${limitMs / 1000} s`)), limitMs);
  });
  try {
    await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}
