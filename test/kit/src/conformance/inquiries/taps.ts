/** What taps are asked: scorers, gates, preparers, repairers and rewards, as the loop and RL ask them. */
import type {
  BeforeRollout,
  GateCase,
  Repair,
  RepairCase,
  RewardTap,
  RolloutRequest,
  RunContext,
  ScoredTrajectory,
  ScoreItem,
  ScoreTap,
  ShouldRepair,
  Trajectory,
  Verdict,
} from "@autotraj/core/plugin";
import { TOOL } from "@autotraj/core/plugin";
import { Complaint } from "../complaint.ts";
import { givenScore, type Question } from "../samples.ts";
import type { OwnTap, Subject } from "../subject.ts";
import { ID } from "../subject.ts";
import { type Asked, countOf, type Inquiry } from "./inquiry.ts";

interface Place {
  readonly subject: Subject;
  readonly tap: OwnTap;
}

const ASKING: Readonly<Record<string, (place: Place, questions: readonly Question[]) => readonly Asked[]>> = {
  score: (place, questions) => questions.map((question) => scoring(place, question)),
  shouldRepair: (place, questions) => questions.flatMap((question) => [gating(place, question), ...gatingRepair(place, question)]),
  beforeRollout: (place, questions) => questions.map((question) => preparing(place, question)),
  repair: (place, questions) => questions.flatMap((question) => repairing(place, question)),
  reward: (place, questions) => [rewarding(place, questions)],
};

export function inquiriesOfTaps(subject: Subject, plain: readonly Question[], hostile: readonly Question[]): readonly Inquiry[] {
  return subject.taps.flatMap((tap) => {
    const asking = ASKING[tap.hook];
    if (asking === undefined) return [];
    const name = tap.options.name === undefined ? "" : ` ("${tap.options.name}")`;
    const place = { subject, tap };
    return [{ who: `its tap of "${tap.hook}"${name}`, plain: asking(place, plain), hostile: asking(place, hostile) }];
  });
}

function scoring({ subject, tap }: Place, { query, trajectories, scores }: Question): Asked {
  const own = Object.keys(tap.options["dimensions"] as object);
  const rows = (scored: readonly ScoredTrajectory[]) => scored.map((one) => Object.fromEntries(own.map((name) => [name, one.scores[name]])));
  const { lifecycle } = subject.kernel;
  const items = itemsOf(tap, { query, trajectories, scores });
  return {
    about: aboutQuestion(query),
    given: () => structuredClone(items),
    bare: async (given, run) => (tap.fn as unknown as ScoreTap)(given as readonly ScoreItem[], run),
    miscounted: (answer) => countOf(answer, items.length, "rows"),
    ask: async () => rows(await lifecycle.score(query, trajectories)),
    ...(trajectories.length < 2
      ? {}
      : { inAnotherOrder: async () => rows([...(await lifecycle.score(query, [...trajectories].reverse()))].reverse()) }),
  };
}

function gating({ subject, tap }: Place, question: Question): Asked {
  const { query } = question;
  const items = scoredOf(tap, question);
  const caseOf = (of: readonly ScoredTrajectory[]): GateCase => ({ query, subject: "candidates", items: of });
  const { lifecycle } = subject.kernel;
  return {
    about: aboutQuestion(query),
    given: () => structuredClone(caseOf(items)),
    bare: async (given, run) => (tap.fn as unknown as ShouldRepair)(given as GateCase, run),
    miscounted: (answer) => (answer === undefined ? undefined : countOf(answer, items.length, "verdicts")),
    ask: () => lifecycle.shouldRepair(caseOf(items)),
    ...(items.length < 2 ? {} : { inAnotherOrder: async () => [...(await lifecycle.shouldRepair(caseOf([...items].reverse())))].reverse() }),
  };
}

/** Of a question with two candidates, the first stands for a repair of the second. */
function gatingRepair({ subject, tap }: Place, question: Question): readonly Asked[] {
  const [repair, original] = scoredOf(tap, question);
  if (repair === undefined || original === undefined) return [];
  const { query } = question;
  const provenance = { ...repair.trajectory.provenance, origin: "repair", parent: original.trajectory.id, repairer: "stand-in", attempt: 0 } as const;
  const gateCase: GateCase = {
    ...{ query, subject: "repair" },
    items: [{ ...repair, trajectory: { ...repair.trajectory, provenance } }],
    parent: { ...original, verdict: TO_REPAIR },
  };
  return [
    {
      about: `a repair, ${aboutQuestion(query)}`,
      given: () => structuredClone(gateCase),
      bare: async (given, run) => (tap.fn as unknown as ShouldRepair)(given as GateCase, run),
      miscounted: (answer) => (answer === undefined ? undefined : countOf(answer, 1, "verdicts")),
      ask: () => subject.kernel.lifecycle.shouldRepair(gateCase),
    },
  ];
}

function preparing({ subject, tap }: Place, { query }: Question): Asked {
  const request = requestFor(subject, query);
  return {
    about: aboutQuestion(query),
    given: () => structuredClone(request),
    bare: async (given, run) => (tap.fn as unknown as BeforeRollout)(given as RolloutRequest, run),
    ask: () => subject.kernel.lifecycle.beforeRollout(request),
  };
}

const TO_REPAIR: Verdict = { decision: "repair", reason: "the answer is wrong", cause: "wrong", by: "stand-in" };

function repairing({ subject, tap }: Place, question: Question): readonly Asked[] {
  const scored = scoredOf(tap, question);
  const request = requestFor(subject, question.query);
  return scored.flatMap((one, index) => {
    const original = { ...one, verdict: TO_REPAIR };
    const siblings = scored.filter((_other, place) => place !== index);
    const alone: RepairCase = { request, original, siblings, attempts: [], attempt: 0 };
    const asked = (about: string, verdict: Verdict): Asked => ({
      about: `${about}, ${aboutQuestion(question.query)}`,
      given: () => structuredClone(alone),
      bare: async (given, run: RunContext) => (tap.fn as unknown as Repair)(given as RepairCase, run),
      ask: () =>
        withoutIncident(subject, async () => {
          const judge = async (trajectory: Trajectory) => ({ scored: { trajectory, scores: one.scores }, verdict });
          const { accepted, attempts } = await subject.kernel.lifecycle.repair({ request, original, siblings }, judge);
          return [...attempts, ...(accepted === undefined ? [] : [accepted])].map(({ trajectory: { usage: _usage, ...content } }) => content);
        }),
    });
    return [
      asked(`candidate ${index}, accepted`, { decision: "keep", reason: "right" }),
      asked(`candidate ${index}, refused`, { decision: "repair", reason: "still wrong", cause: "wrong" }),
    ];
  });
}

function rewarding({ subject, tap }: Place, questions: readonly Question[]): Asked {
  const items = questions.flatMap((question) => itemsOf(tap, question));
  const name = tap.options.name === undefined ? ID : `${ID}:${tap.options.name}`;
  const reward = (of: readonly ScoreItem[]) => withoutIncident(subject, async () => (await subject.kernel.lifecycle.reward(of)).get(name) ?? []);
  return {
    about: `a batch of ${items.length}`,
    given: () => structuredClone(items),
    bare: async (given, run) => (tap.fn as unknown as RewardTap)(given as readonly ScoreItem[], run),
    miscounted: (answer) => countOf(answer, items.length, "rewards"),
    ask: () => reward(items),
    inAnotherOrder: async () => [...(await reward([...items].reverse()))].reverse(),
    inParts: async () => {
      const parts = [];
      for (const item of items) parts.push(...(await reward([item])));
      return parts;
    },
  };
}

/** Failures that cost an answer and not the run are written down; here they are failures. */
async function withoutIncident<T>({ incidents }: Subject, work: () => Promise<T>): Promise<T> {
  const before = incidents.length;
  const answer = await work();
  const [news] = incidents.slice(before);
  if (news !== undefined) throw new Complaint(news);
  return answer;
}

function scoredOf(tap: OwnTap, { trajectories, scores }: Pick<Question, "trajectories" | "scores">): readonly ScoredTrajectory[] {
  const needs = (tap.options["needs"] as readonly string[] | undefined) ?? [];
  return trajectories.map((trajectory) => ({
    trajectory,
    scores: Object.fromEntries(needs.map((name) => [name, givenScore(name, trajectory, scores.get(trajectory.id))])),
  }));
}

function itemsOf(tap: OwnTap, question: Question): readonly ScoreItem[] {
  const items: ScoreItem[] = [];
  for (const scored of scoredOf(tap, question)) items.push({ ...scored, query: question.query, group: items });
  return items;
}

export function requestFor({ kernel }: Pick<Subject, "kernel">, query: Question["query"]): RolloutRequest {
  return {
    ...{ query, system: "Think, call tools where they help, and answer.", examples: [], dialect: "tags" },
    tools: [...kernel.services.useAll(TOOL).keys()],
    sampling: { temperature: 0, topP: 1, topK: 0, maxTokens: 256 },
    ...{ maxToolCalls: 8, maxTurns: 10 },
  };
}

export function aboutQuestion({ question }: Question["query"]): string {
  const line = question.replaceAll(/[\p{C}\s]+/gu, " ");
  return `question "${line.length <= 40 ? line : `${line.slice(0, 39)}…`}"`;
}
