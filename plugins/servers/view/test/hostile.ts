/** A run whose texts, names and scores try to be more than text. */
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { finish, type Message, type Query, RunStore, type Scores, type StoredTrajectory, type Trajectory, trajectoryId } from "@autotraj/core";
import { keepEvaluation, type ModelEvaluation, type RewardModelReport } from "@autotraj/core/reports";
import { trajectoryRow, writeJsonLines } from "@autotraj/core/rows";

/** Would set this on the page, were it run. */
export const TRACE = "hostileTextRan";

export const HOSTILE: Readonly<Record<string, string>> = {
  script: `</script><script>window.${TRACE}="script"</script>`,
  image: `<img src=x onerror='window.${TRACE}="image"'>`,
  svg: `<svg/onload="window.${TRACE}='svg'"><foreignObject><iframe srcdoc="<script>parent.${TRACE}=1</script>">`,
  link: `<a href="javascript:window.${TRACE}='link'">here</a> [x](javascript:window.${TRACE}=1)`,
  style: "</style><style>body{display:none!important}</style><link rel=stylesheet href=http://127.0.0.1:9/x.css>",
  outside: '<img src="http://127.0.0.1:9/beacon.png"><meta http-equiv=refresh content="0;url=http://127.0.0.1:9/">',
  terminal: "\u001b]0;title\u0007\u001b[2J\u001b[31mred\u001b[0m \u009b1A \u0000 nul",
  bidi: "safe \u202etxt.exe\u202c \u2066isolate without an end \u200f",
  halves: "\ud800 high \udc00 low \ufffe",
  scripts: `שלום עולם العربية ไทย 漢字 👩‍👩‍👧‍👦 ${"e\u0301".repeat(20)}`,
  tower: `Z${"\u0300\u0301\u0302\u0303".repeat(300)}`,
  template: "{{nonce}} {{constructor.constructor('return 1')()}} __proto__",
};

/** One line of megabytes. */
export const LONG = "w".repeat(10 * 2 ** 20);

const ALL = Object.values(HOSTILE).join("\n");

const IDENTITY = { runId: String(HOSTILE["image"]), preset: "hostile", presetHash: "0", queriesHash: "0" };

/** Returns the id of the one with a line of 10 MiB. */
export function hostileRun(runDir: string): string {
  const dimension = `<b>${HOSTILE["script"]}</b>`;
  const description = { dimensions: JSON.stringify(["correctness", dimension, "__proto__", "constructor"]) };
  const store = RunStore.open(runDir, IDENTITY, description);
  let longest = "";
  Object.entries({ ...HOSTILE, all: ALL, long: LONG }).forEach(([name, text], position) => {
    const row = candidateOf(name, text, dimension, position);
    const repair = repairOf(row, text.slice(0, 5000), dimension);
    store.saveTrajectory(row);
    store.saveTrajectory(repair);
    store.finishQuery(position, `${name} ${text.slice(0, 100)}`, "done", text.slice(0, 1000));
    store.addIncident(text.slice(0, 200), text.slice(0, 5000), position);
    longest = row.trajectory.id;
  });
  store.setMeta("finished", "yes");
  store.close();
  return longest;
}

function candidateOf(name: string, text: string, dimension: string, position: number): StoredTrajectory {
  const query: Query = {
    id: `${name} ${text.slice(0, 100)}`,
    question: text,
    answers: [text.slice(0, 100)],
    task: text.slice(0, 60),
    solution: text.slice(0, 5000),
  };
  const trajectory = trajectoryOf(query, text, { origin: "rollout", policy: text.slice(0, 50), candidate: 0, notes: { text: text.slice(0, 5000) } });
  const verdict = { decision: "repair", reason: text.slice(0, 3000), cause: text.slice(0, 60), by: text.slice(0, 60) } as const;
  return { trajectory, position, ordinal: 0, fate: "repaired", scores: scoresOf(text, dimension), verdict };
}

function repairOf(row: StoredTrajectory, text: string, dimension: string): StoredTrajectory {
  const { id, query } = row.trajectory;
  const trajectory = trajectoryOf({ ...query, question: text }, `${text} and more`, {
    origin: "repair",
    parent: id,
    repairer: text.slice(0, 60),
    attempt: 0,
  });
  const verdict = { decision: "keep", reason: text.slice(0, 3000), by: text.slice(0, 60) } as const;
  return { ...row, trajectory, ordinal: 1, fate: "accepted", scores: scoresOf(text, dimension), verdict };
}

function trajectoryOf(query: Query, text: string, provenance: Trajectory["provenance"]): Trajectory {
  const tool = `python ${text.slice(0, 40)}`;
  const messages: Message[] = [
    { role: "system", content: text.slice(0, 5000) },
    { role: "user", content: text.slice(0, 5000) },
    {
      role: "assistant",
      content: text.slice(0, 100),
      reasoning: text.slice(0, 5000),
      text: text.slice(0, 5000),
      toolCalls: [
        { id: "a", name: tool, arguments: { code: text.slice(0, 5000) } },
        { id: "b", name: "x", arguments: {}, malformed: { raw: text.slice(0, 5000), reason: text.slice(0, 200) } },
      ],
    },
    { role: "tool", toolCallId: "a", name: tool, content: text, ok: false, durationMs: 1, isolation: text.slice(0, 50) },
    { role: "assistant", content: text.slice(0, 5000), text: text.slice(0, 5000) },
  ];
  const draft = {
    query,
    dialect: "tags" as const,
    tools: [],
    messages,
    answer: text.slice(0, 5000),
    finish: "answer" as const,
    faults: [text.slice(0, 5000)],
    provenance,
  };
  return { ...draft, id: trajectoryId(draft), usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 1, modelCalls: 2, toolCalls: 1 } };
}

function scoresOf(text: string, dimension: string): Scores {
  const spans = [
    { message: 2, start: 0, end: 12, note: text.slice(0, 200) },
    { message: 2, start: 6, end: 1e9 },
    { message: 99, start: -5, end: 5 },
  ];
  return Object.fromEntries([
    ["correctness", { value: 0, reason: text.slice(0, 5000), spans }],
    [dimension, { value: 0.5, reason: text.slice(0, 200) }],
    ["constructor", { failed: text.slice(0, 1000) }],
    ["__proto__", { skipped: text.slice(0, 200) }],
  ]) as Scores;
}

/** Names that can be a file's. */
export const HOSTILE_MODELS = [HOSTILE["image"], HOSTILE["template"], HOSTILE["bidi"]?.slice(0, 15), "../../escape"].map(String);

/** What stages would have left of that run: data sets of its texts, and names of models, figures and rules that try to be more than names. */
export async function hostileStages(runDir: string): Promise<void> {
  const store = RunStore.open(runDir, IDENTITY);
  await finish(store, runDir);
  // The run itself leaves none of them: their calls have no results.
  const rows = [...store.trajectories(["accepted"])].map((repair) => ({
    query: repair.trajectory.query,
    chosen: trajectoryRow(repair),
    rejected: trajectoryRow(store.trajectory(repair.trajectory.provenance.parent ?? "") ?? repair),
  }));
  store.close();
  await writeJsonLines(join(runDir, "datasets", "preferences.jsonl"), () => rows);
  const figures = Object.fromEntries(Object.values(HOSTILE).map((text, at) => [text, at / 3]));
  for (const name of [...HOSTILE_MODELS.slice(0, 3), "reward-model"]) {
    const dir = join(runDir, "models", name);
    mkdirSync(join(dir, "data"), { recursive: true });
    const isReward = name === "reward-model";
    const stage = isReward ? name : HOSTILE["script"];
    writeFileSync(
      join(dir, "artifact.json"),
      JSON.stringify({ stage, trainer: ALL, metrics: figures, rows: null, seconds: 1, ...(isReward ? { report: REPORT } : {}) }),
    );
    const steps = Array.from({ length: 5 }, (_, step) =>
      JSON.stringify({ step, total: 5, metrics: { loss: step, [`terms/${HOSTILE["svg"]}`]: step, ...figures } }),
    );
    writeFileSync(
      join(dir, "progress.jsonl"),
      [...steps, "{", "null", '"text"', JSON.stringify({ step: "1", metrics: ALL }), LONG.slice(0, 1e6)].join("\n"),
    );
  }
  const held = join(runDir, "models", "reward-model");
  await writeJsonLines(join(held, "data", "held-out.jsonl"), () => rows.map((row) => ({ ...row, kind: "edit", edit: ALL.slice(0, 300) })));
  await writeJsonLines(join(held, "held-out-judged.jsonl"), () =>
    rows.map(({ chosen, rejected }) => ({
      chosen: chosen.id,
      rejected: rejected.id,
      chosenScore: 1,
      rejectedScore: 2,
      rules: { [String(HOSTILE["svg"])]: 1, "bag of words": 0 },
    })),
  );
  keepEvaluation(runDir, { models: HOSTILE_MODELS.map(evaluated), comparisons: [], leakage: null });
  for (const model of HOSTILE_MODELS.slice(0, 3))
    await writeJsonLines(join(runDir, "evaluation", `${model}.jsonl`), () =>
      rows.map(({ query, chosen, rejected }) => ({ id: query.id, greedy: chosen, samples: [rejected] })),
    );
  appendFileSync(join(runDir, "evaluation", `${HOSTILE_MODELS[0]}.jsonl`), `{}\nnull\n[1]\nno json\n${ODD_ANSWER}\n`);
  appendFileSync(join(runDir, "datasets", "preferences.jsonl"), `{}\n{"query":5,"kind":[],"chosen":"x","rejected":null}\n${ODD_PAIR}\n`);
}

/** Of other types than they should be. */
const ODD_ANSWER = JSON.stringify({
  id: 7,
  greedy: { query: { question: 5, task: {} }, answer: {}, messages: "x", scores: { correctness: "1" } },
  samples: "y",
});
const ODD_PAIR = JSON.stringify({
  query: { id: {}, question: [], task: 3 },
  kind: 1,
  edit: {},
  chosen: { id: 1, messages: {} },
  rejected: { id: [], messages: 5 },
});

const ESTIMATE = { value: 0.5, low: 0.4, high: 0.6, n: 9 };

function evaluated(model: string): ModelEvaluation {
  const otherRules = Object.fromEntries(Object.values(HOSTILE).map((text) => [text.slice(0, 100), ESTIMATE]));
  const about = { questions: 9, failed: 1, greedy: ESTIMATE, sampled: null, otherRules, tasks: {}, toolCalls: 1, words: 2, dimensions: {} };
  return { model, path: null, precision: String(HOSTILE["svg"]), outOfDate: ALL.slice(0, 500), ...about };
}

const REPORT: RewardModelReport = {
  ...{
    pairs: 9,
    unscored: 0,
    accuracy: ESTIMATE,
    best: String(HOSTILE["script"]),
    authorsSeparated: true,
    beatsBaselines: true,
    causes: {},
    sameAuthor: null,
  },
  baselines: Object.fromEntries(Object.values(HOSTILE).map((text) => [text.slice(0, 200), ESTIMATE])),
  kinds: Object.fromEntries(Object.values(HOSTILE).map((text) => [text, { accuracy: ESTIMATE, best: text, bestAccuracy: ESTIMATE }])),
  calibration: [0.5, 0.7, 0.9].map((predicted) => ({ difference: 1, predicted, observed: 1 - predicted, pairs: 3 })),
  scale: { mean: 0, deviation: 1 },
};
