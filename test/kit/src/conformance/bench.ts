/** Where a plugin is tried: one subject that most checks share, more where a check needs its own, and what it answered. */
import { PluginClock } from "@autotraj/core";
import { type Plugin, SANDBOX } from "@autotraj/core/plugin";
import { type ConformanceCases, timeLimit } from "./cases.ts";
import { inWords, NotAsked } from "./complaint.ts";
import { firstDifference } from "./differences.ts";
import { inquiriesOfFormats } from "./inquiries/formats.ts";
import { type Asked, type Inquiry, runWith } from "./inquiries/inquiry.ts";
import { inquiriesOfPolicies } from "./inquiries/policies.ts";
import { inquiriesOfSandboxes } from "./inquiries/sandboxes.ts";
import { inquiriesOfTaps } from "./inquiries/taps.ts";
import { inquiriesOfTools } from "./inquiries/tools.ts";
import { inquiriesOfTrackers } from "./inquiries/trackers.ts";
import { type Holdings, holdings } from "./leftovers.ts";
import { hostileQuestions, plainQuestions } from "./samples.ts";
import { newStandIns, open, type Subject, type Surroundings, surroundingsOf } from "./subject.ts";

/** What a plugin's own function answered, called with nothing in between. */
export interface Reply {
  readonly inquiry: Inquiry;
  readonly asked: Asked;
  /** `its tap of "score", question "…"` */
  readonly where: string;
  readonly answer?: unknown;
  readonly error?: string;
  readonly overran?: true;
  /** Where it changed what it was given. */
  readonly changed?: string;
}

export class Bench {
  readonly plugin: Plugin;
  readonly cases: ConformanceCases;
  /** What was thrown when nobody listened any more. */
  readonly late: string[] = [];
  /** Told what the host does for the plugin. */
  says: ((line: string) => void) | undefined;
  #around: Promise<Surroundings> | undefined;
  #shared: Subject | undefined;
  #before: Holdings | undefined;
  #inquiries: readonly Inquiry[] | undefined;
  readonly #replies = new Map<"plain" | "hostile", Promise<readonly Reply[]>>();

  constructor(plugin: Plugin, cases: ConformanceCases) {
    this.plugin = plugin;
    this.cases = cases;
  }

  /** Set up and not started. Who opens one lets go of it. */
  async open(): Promise<Subject> {
    this.#around ??= surroundingsOf(this.plugin, this.cases);
    return open(this.plugin, this.cases, await this.#around, (line) => this.says?.(line));
  }

  /** Started too. What it asks for only then is there when it is set up once more. */
  async fresh(): Promise<Subject> {
    for (;;) {
      const subject = await this.open();
      try {
        await subject.start();
        // As a run does before it uses one; what comes of it is a check's.
        for (const sandbox of subject.offered(SANDBOX).values()) await sandbox.selfTest();
        return subject;
      } catch (error) {
        await subject.dispose();
        const around = await this.#around;
        const news = around === undefined ? [] : newStandIns(subject.missing, around.standIns);
        if (around === undefined || news.length === 0) throw error;
        this.#around = Promise.resolve({ ...around, standIns: [...around.standIns, ...news] });
      }
    }
  }

  /** The one that checks share, started; opened at first use. */
  async shared(): Promise<Subject> {
    if (this.#shared === undefined) {
      this.#before = holdings();
      this.#shared = await this.fresh();
    }
    return this.#shared;
  }

  /** Lets go of the shared one. What the process held before it was there; undefined where it never was. */
  async close(): Promise<{ readonly before: Holdings; readonly warnings: readonly string[] } | undefined> {
    const [subject, before] = [this.#shared, this.#before];
    if (subject === undefined || before === undefined) return undefined;
    this.#shared = undefined;
    this.#inquiries = undefined;
    this.#replies.clear();
    await subject.dispose();
    return { before, warnings: subject.warnings };
  }

  inquiriesOf(subject: Subject): readonly Inquiry[] {
    const [plain, hostile] = [plainQuestions(this.cases.questions), hostileQuestions()];
    return [
      ...inquiriesOfTaps(subject, plain, hostile),
      ...inquiriesOfTools(subject, this.cases),
      ...inquiriesOfPolicies(subject, plain, hostile),
      ...inquiriesOfSandboxes(subject, this.cases),
      ...inquiriesOfFormats(subject, this.cases, plain),
      ...inquiriesOfTrackers(subject, plain, hostile),
    ];
  }

  async inquiries(): Promise<readonly Inquiry[]> {
    this.#inquiries ??= this.inquiriesOf(await this.shared());
    return this.#inquiries;
  }

  /** What it answers, each asked once. @throws NotAsked where there is nothing to ask */
  async replies(which: "plain" | "hostile"): Promise<readonly Reply[]> {
    let replies = this.#replies.get(which);
    if (replies === undefined) {
      replies = this.#ask(await this.inquiries(), which);
      this.#replies.set(which, replies);
    }
    if ((await replies).length === 0) throw new NotAsked("there is nothing to ask it");
    return replies;
  }

  async #ask(inquiries: readonly Inquiry[], which: "plain" | "hostile"): Promise<readonly Reply[]> {
    const replies: Reply[] = [];
    for (const inquiry of inquiries) {
      for (const asked of inquiry[which]) replies.push(await replyTo(inquiry, asked, timeLimit(this.cases)));
    }
    return replies;
  }
}

async function replyTo(inquiry: Inquiry, asked: Asked, limitMs: number): Promise<Reply> {
  const where = `${inquiry.who}, ${asked.about}`;
  const given = asked.given();
  const before = structuredClone(given);
  const stop = new AbortController();
  const came = await settled(async () => asked.bare(given, runWith(stop.signal)), limitMs);
  const changed = firstDifference(before, given);
  const reply = { inquiry, asked, where, ...(changed === undefined ? {} : { changed }) };
  if (came === "overran") {
    stop.abort();
    return { ...reply, overran: true };
  }
  if ("error" in came && came.error instanceof NotAsked) throw came.error;
  return "error" in came ? { ...reply, error: inWords(came.error) } : { ...reply, answer: came.answer };
}

export type Settled = { readonly answer: unknown } | { readonly error: unknown } | "overran";

/** How work ends, or that it has not after so long. What the kernel does for it meanwhile (a Python environment is installed) is not its own time. */
export async function settled(work: () => Promise<unknown>, limitMs: number): Promise<Settled> {
  const { promise: over, resolve } = Promise.withResolvers<"overran">();
  const clock = new PluginClock(limitMs, () => resolve("overran"));
  const ended = clock.run(work).then(
    (answer) => ({ answer }),
    (error: unknown) => ({ error }),
  );
  try {
    return await Promise.race([ended, over]);
  } finally {
    clock.stop();
  }
}
