/** A run of any size, as a loop over sums with a Python tool would have left it: written by the store's own API, and by program alone, the same every time. */
import {
  type AssistantMessage,
  type Fate,
  type Message,
  type Query,
  RunStore,
  type Score,
  type Scores,
  type StoredTrajectory,
  type Trajectory,
  trajectoryId,
  type Verdict,
} from "@autotraj/core";

export const DIMENSIONS = ["correctness", "format", "executability", "grounded", "necessity", "efficiency", "repetition", "faithfulness"];
export const TASKS = ["chain_sum", "word_problem", "unit_conversion", "interest", "date_difference"];
const THINGS = ["apples", "tickets", "bolts", "litres of paint", "train seats", "letters", "stamps", "crates"];
const CANDIDATES = 2;
const ATTEMPTS_PER_ORIGINAL = 1000;
const QUESTIONS_AT_A_TIME = 2000;

/** What such a run is known by. */
export const GENERATED = { runId: "generated-0000", preset: "generated", presetHash: "0", queriesHash: "0" };

export interface GeneratedRun {
  readonly runDir: string;
  /** About three per question: two candidates, and what was tried to repair those that are wrong. */
  readonly trajectories: number;
  /** What a question's text begins with; default: nothing. */
  readonly marked?: (position: number) => string;
}

/** Returns how many trajectories there are. */
export function generateRun({ runDir, trajectories, marked = () => "" }: GeneratedRun): number {
  const store = RunStore.open(runDir, GENERATED, { dimensions: JSON.stringify(DIMENSIONS) });
  let written = 0;
  try {
    for (let position = 0; written < trajectories; ) {
      store.transaction(() => {
        for (const end = position + QUESTIONS_AT_A_TIME; position < end && written < trajectories; position++) {
          const rows = rowsOf(queryAt(position, marked(position)), position);
          for (const row of rows) store.saveTrajectory(row);
          store.finishQuery(position, rows[0]?.trajectory.query.id ?? "", "done");
          written += rows.length;
        }
      });
    }
    store.addSeconds("rollout", written / 40);
    store.addSeconds("repair", written / 90);
    store.addIncident("judge", "the judge's answer could not be read: no number in it", 3);
    store.setMeta("finished", "yes");
  } finally {
    store.close();
  }
  return written;
}

/** In [0, 1), by position and what is asked: multiplied and mixed, as splitmix does. */
export function chance(position: number, salt: number): number {
  let mixed = (position * 0x9e3779b1 + salt * 0x85ebca6b) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
}

export function queryAt(position: number, mark: string): Query {
  const [a, b] = [Math.floor(chance(position, 1) * 900) + 10, Math.floor(chance(position, 2) * 90) + 3];
  const thing = THINGS[position % THINGS.length];
  const question = `${mark}A depot holds ${a} ${thing}. Each of ${b} carriers brings ${b + 7} more, and a fifth of all is sold. How many ${thing} are left?`;
  const answer = Math.floor((a + b * (b + 7)) * 0.8);
  return { id: `q-${position}`, question, answers: [String(answer)], task: TASKS[position % TASKS.length] as string };
}

function rowsOf(query: Query, position: number): readonly StoredTrajectory[] {
  const candidates = Array.from({ length: CANDIDATES }, (_, candidate) => candidateRow(query, position, candidate));
  const repairs = candidates.flatMap((row) => (row.fate === "repaired" || row.fate === "hard" ? repairRows(query, row) : []));
  return [...candidates, ...repairs];
}

function candidateRow(query: Query, position: number, candidate: number): StoredTrajectory {
  const luck = chance(position, 10 + candidate);
  const right = luck < 0.55;
  const fate: Fate = right ? "kept" : luck < 0.85 ? "repaired" : luck < 0.95 ? "hard" : "discarded";
  const trajectory = written(query, {
    right,
    broken: luck > 0.75,
    provenance: { origin: "rollout", policy: "student", model: "small-1b", seed: position, candidate },
  });
  return {
    trajectory,
    scores: scoresOf(trajectory, position + candidate, right),
    verdict: verdictOf(fate, right),
    position,
    ordinal: candidate,
    fate,
  };
}

/** One or two attempts: the last of a repaired one is accepted. */
function repairRows(query: Query, original: StoredTrajectory): readonly StoredTrajectory[] {
  const { position, ordinal, fate, trajectory } = original;
  const attempts = chance(position, 30 + ordinal) < 0.6 ? 1 : 2;
  return Array.from({ length: attempts }, (_, attempt) => {
    const accepted = fate === "repaired" && attempt === attempts - 1;
    const repairer = attempt === 0 && attempts === 2 ? "hint" : "llm";
    const provenance = { origin: "repair" as const, policy: "teacher", model: "large-70b", parent: trajectory.id, repairer, attempt };
    const repair = written(query, { right: accepted, broken: false, provenance });
    const verdict: Verdict = accepted
      ? { decision: "keep", reason: "the answer is right; quality 0.91 is at least 0.7", by: "gate" }
      : { decision: "repair", reason: "the answer is wrong", cause: chance(position, 40) < 0.7 ? "wrong" : "unstable", by: "gate" };
    const place = CANDIDATES + ordinal * ATTEMPTS_PER_ORIGINAL + attempt;
    return {
      trajectory: repair,
      scores: scoresOf(repair, position + attempt, accepted),
      verdict,
      position,
      ordinal: place,
      fate: accepted ? "accepted" : "refused",
    };
  });
}

function verdictOf(fate: Fate, right: boolean): Verdict {
  if (right) return { decision: "keep", reason: "the answer is right; quality 0.84 is at least 0.7", by: "gate" };
  if (fate === "discarded") return { decision: "discard", reason: "no answer was given in time", cause: "no answer", by: "gate" };
  return { decision: "repair", reason: "the answer is wrong", cause: "wrong", by: "gate" };
}

interface Writing {
  readonly right: boolean;
  readonly broken: boolean;
  readonly provenance: Trajectory["provenance"];
}

const TOOL = {
  name: "python",
  description: "runs Python code and returns what it prints",
  parameters: { type: "object", properties: { code: { type: "string" } } },
  tag: { name: "code", argument: "code" },
};

export function written(query: Query, { right, broken, provenance }: Writing): Trajectory {
  const [a = 0, b = 0] = (query.question.match(/\d+/g) ?? []).map(Number);
  const share = right ? "0.8" : "0.2";
  const answer = right ? (query.answers[0] ?? "") : String(Math.floor((a + b * (b + 7)) * 0.2));
  const code = `depot = ${a}\nbrought = ${b} * (${b} + 7)  # each carrier\nprint(int((depot + brought) * ${share}))`;
  const plan = right ? "A fifth is sold, so four fifths are left." : "A fifth is what is asked for.";
  const turns: Message[] = [
    ...(broken ? [turn("I start with the depot.", "print(depot)", 0), result("NameError: name 'depot' is not defined", 0, "failed")] : []),
    turn(`The carriers bring ${b} times ${b + 7}. ${plan}`, code, 1),
    result(answer, 1, "ok"),
    {
      role: "assistant",
      reasoning: `Python says ${answer}.`,
      content: `The final answer is \\boxed{${answer}}`,
      text: `<think>Python says ${answer}.</think>\n<answer>The final answer is \\boxed{${answer}}</answer>`,
    },
  ];
  const draft = {
    ...{ query, dialect: "tags" as const, tools: [TOOL], answer, finish: "answer" as const, faults: [], provenance },
    messages: [
      {
        role: "system" as const,
        content: "You answer questions step by step. Think between <think> and </think>; run Python between <code> and </code>.",
      },
      { role: "user" as const, content: query.question },
      ...turns,
    ],
  };
  const calls = broken ? 2 : 1;
  return {
    ...draft,
    id: trajectoryId(draft),
    usage: { promptTokens: 900 + a, cachedTokens: 400, completionTokens: 90 + b, modelCalls: calls + 1, toolCalls: calls },
  };
}

function turn(reasoning: string, code: string, call: number): AssistantMessage {
  const text = `<think>${reasoning}</think>\n<code>${code}</code>`;
  return { role: "assistant", reasoning, content: "", text, toolCalls: [{ id: `call-${call}`, name: "python", arguments: { code } }] };
}

function result(content: string, call: number, outcome: "ok" | "failed"): Message {
  return { role: "tool", toolCallId: `call-${call}`, name: "python", content, ok: outcome === "ok", durationMs: 8.5, isolation: "bwrap" };
}

export function scoresOf(trajectory: Trajectory, salt: number, right: boolean): Scores {
  const values = DIMENSIONS.slice(2).map((name, at): [string, Score] => [
    name,
    { value: Math.round(100 * Math.min(1, chance(salt, 50 + at) * 0.6 + (right ? 0.4 : 0))) / 100 },
  ]);
  return {
    correctness: right
      ? { value: 1 }
      : { value: 0, reason: `"${trajectory.answer}" differs from "${trajectory.query.answers[0]}" as a number`, spans: spanOfAnswer(trajectory) },
    format: { value: 1 },
    ...Object.fromEntries(values),
    ...(right ? {} : { necessity: { skipped: "only right answers show what was needed" } }),
  };
}

function spanOfAnswer({ messages, answer = "" }: Trajectory) {
  const message = messages.length - 1;
  const last = messages[message] as AssistantMessage;
  const start = (last.text ?? "").lastIndexOf(answer);
  return [{ message, start, end: start + answer.length, note: "another number" }];
}
