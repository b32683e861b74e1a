/** What trackers are told: a small run, and events without the beginning of one, as an RL service has them. */
import { type RunEvent, TRACKER, type Tracker } from "@autotraj/core/plugin";
import type { Question } from "../samples.ts";
import type { Subject } from "../subject.ts";
import { type Asked, frozen, type Inquiry } from "./inquiry.ts";

export function inquiriesOfTrackers(subject: Subject, plain: readonly Question[], hostile: readonly Question[]): readonly Inquiry[] {
  return [...subject.offered(TRACKER).values()].map((tracker) => ({
    who: "the tracker",
    plain: [telling(tracker, "a run", runOf(subject.folder(), plain, tracker))],
    hostile: [
      telling(tracker, "a run with whatever models write", runOf(subject.folder(), hostile, tracker)),
      telling(tracker, "events without a run around them", runOf(subject.folder(), plain, tracker).slice(1)),
    ],
  }));
}

function telling(tracker: Tracker, what: string, events: readonly RunEvent[]): Asked {
  return {
    about: `told of ${what}`,
    given: () => structuredClone(events),
    bare: async (given) => tracker.track(given as readonly RunEvent[]),
    ask: async () => tracker.track(frozen(events)),
  };
}

/** Anything that is always the same: an hour of the year 2026. */
const AT = 1_780_000_000_000;
const RUN = 1;

function runOf(runDir: string, questions: readonly Question[], { content = false }: Tracker): readonly RunEvent[] {
  const activity = {
    kind: "run",
    runId: "conformance",
    preset: "conformance",
    runDir,
    questions: questions.length,
    plugins: ["under-test@0.0.0"],
  } as const;
  const events: Parameters<typeof numbered>[0] = [
    { event: "start", id: RUN, activity },
    ...questions.flatMap((question, position) => questionEvents(question, position, content)),
    { event: "incident", who: "stand-in", what: "it was slow" },
    { event: "training-step", stage: "sft", step: 1, total: 2, metrics: { loss: 0.5 } },
    { event: "stage-result", stage: "sft", isNew: true, seconds: 1.5, metrics: { loss: 0.4 } },
    { event: "evaluation", model: "sft", questions: 2, figures: { greedy: 0.5 } },
    { event: "end", id: RUN, kind: "run", milliseconds: 90, outcome: "done", figures: { candidates: 7, kept: 2 } },
  ];
  return numbered(events);
}

type Happened = RunEvent extends infer Event ? (Event extends RunEvent ? Omit<Event, "at"> : never) : never;

function numbered(events: readonly Happened[]): readonly RunEvent[] {
  return events.map((event, index) => ({ ...event, at: AT + index, ...(index === 0 || event.event === "end" ? {} : { within: RUN }) }) as RunEvent);
}

function questionEvents({ query, trajectories }: Question, position: number, content: boolean): readonly Happened[] {
  const id = position + 2;
  return [
    { event: "start", id, activity: { kind: "question", query: query.id, position }, ...(content ? { content: { question: query.question } } : {}) },
    ...trajectories.flatMap((trajectory): Happened[] => [
      {
        ...{ event: "model-call", policy: "stand-in", model: "stand-in", milliseconds: 3, stored: false, finish: "stop" },
        ...{ sampling: { temperature: 0, topP: 1, topK: 0, maxTokens: 64 }, usage: { promptTokens: 9, cachedTokens: 0, completionTokens: 5 } },
        ...(content ? { content: { messages: trajectory.messages } } : {}),
      },
      {
        ...{ event: "trajectory", trajectory: trajectory.id, query: query.id, provenance: { origin: "rollout" }, finish: trajectory.finish },
        ...{ fate: "kept", scores: { correctness: { value: 1 } }, verdict: { decision: "keep" }, usage: trajectory.usage },
        ...(content ? { content: { trajectory } } : {}),
      },
    ]),
    { event: "end", id, kind: "question", milliseconds: 20, outcome: "done" },
  ];
}
