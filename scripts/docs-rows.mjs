/** docs/reference/rows.md and the schemas of data rows in core/schema: questions, and what the loop leaves. */
import { cell, code, generated, lines } from "./docs-text.mjs";

const text = (description) => ({ type: "string", description });
const number = { type: "number" };
const DRAFT = "http://json-schema.org/draft-07/schema#";

const answer = { type: ["string", "number"] };

/** A row of `queries.train` and `queries.evaluate`. Other fields are kept as meta. */
const QUESTION_SCHEMA = {
  $schema: DRAFT,
  title: "AutoTraj question",
  type: "object",
  required: ["question"],
  properties: {
    id: { type: ["string", "integer"], description: "Unique in the file. Default: made from question and answers." },
    question: { type: "string", minLength: 1, pattern: "\\S", description: "What is asked." },
    answer: { anyOf: [answer, { type: "array", items: answer }, { type: "null" }], description: "The gold answer, or several." },
    answers: {
      anyOf: [answer, { type: "array", items: answer }, { type: "null" }],
      description: "The same; both together are all gold answers. None is fine.",
    },
    task: { type: ["string", "null"], description: "The kind of question, by which tables count and similar questions are found." },
    solution: { type: ["string", "null"], description: "A worked solution. Only a repairer that declares so reads it." },
    meta: { type: ["object", "null"], description: "What else travels with the question. Fields that are not named here are put into it." },
    metadata: { type: ["object", "null"], description: "The same, under the name that other data sets use." },
  },
};

/** What a trajectory's fields mean, by their paths. */
const MEANINGS = {
  id: "Hash of the content: the same trajectory has the same id wherever it is made.",
  query: "The question with its `id`, gold `answers`, `task`, worked `solution` and `meta`.",
  dialect: "How its turns write thinking, calls and the answer.",
  tools: "The tools on offer, each with `name`, `description`, JSON Schema `parameters`, and the `tag` by which the tag dialect calls it.",
  messages: "System and user message, then turns of the model (`role: assistant`) and results (`role: tool`). No worked examples.",
  answer: "The final answer, unwrapped from `\\boxed{}` and tags.",
  finish: "Why it ended.",
  faults: "What was wrong with its form. Empty for a clean one.",
  provenance: "Who wrote it, with what, from which other one (`parent`).",
  usage: "Tokens and calls.",
};
const OF_MESSAGES = {
  role: "`system`, `user`, `assistant` or `tool`.",
  content: "What is said; of a turn what is addressed to the user, without thinking and calls.",
  reasoning: "assistant: the thinking, without its tags.",
  toolCalls: "assistant: calls as `{id, name, arguments}`; `malformed` where one could not be understood.",
  text: "assistant: the turn exactly as it was sampled.",
  tokens: "assistant: token ids as sampled, where the policy gives them. Left out of data sets.",
  train: "assistant: false keeps the loss off this turn. Data sets always say it.",
  toolCallId: "tool: which call it answers.",
  name: "tool: the tool's name.",
  ok: "tool: false where the tool failed.",
  durationMs: "tool: how long it took. Left out of data sets.",
  isolation: "tool: what separated the code from the machine (`bwrap`, `pyodide`, …).",
};

const SCORE_SCHEMA = {
  description: "One dimension's score: a value, or why there is none.",
  oneOf: [
    {
      type: "object",
      additionalProperties: false,
      required: ["value"],
      properties: { value: number, reason: text("Why."), spans: { type: "array", items: { type: "object" } } },
    },
    { type: "object", additionalProperties: false, required: ["skipped"], properties: { skipped: text("Why it does not apply.") } },
    { type: "object", additionalProperties: false, required: ["failed"], properties: { failed: text("Why the scorer could not judge. Never 0.") } },
  ],
};

const VERDICT_SCHEMA = {
  description: "What the gates decided, or null.",
  anyOf: [
    { type: "null" },
    {
      type: "object",
      required: ["decision", "reason"],
      properties: {
        decision: { enum: ["keep", "repair", "discard"] },
        reason: text("One sentence."),
        cause: text("Its kind."),
        by: text("The gate's id."),
      },
    },
  ],
};

/** @param trajectory the core's TRAJECTORY_SCHEMA. @returns the schemas by file name */
export function rowSchemas(trajectory) {
  const row = trajectoryRow(trajectory);
  const sft = { $schema: DRAFT, title: "AutoTraj SFT row", ...row };
  const { query } = row.properties;
  const pair = {
    $schema: DRAFT,
    title: "AutoTraj preference row",
    type: "object",
    additionalProperties: false,
    required: ["query", "kind", "chosen", "rejected"],
    properties: {
      query,
      kind: {
        enum: ["repair", "sibling"],
        description: "An accepted repair and what it repairs, or a kept candidate and a wrong one by the same author.",
      },
      chosen: { ...row, description: "The better one: an SFT row." },
      rejected: { ...row, description: "The other one: an SFT row." },
    },
  };
  return { "question.schema.json": QUESTION_SCHEMA, "sft-row.schema.json": sft, "preference-row.schema.json": pair };
}

/** A trajectory as data sets have it: without usage, with scores and verdict, `answer` always there. */
function trajectoryRow({ properties, required }) {
  const { usage: _usage, answer: given, ...kept } = described(properties, MEANINGS);
  return {
    type: "object",
    additionalProperties: false,
    required: [...required.filter((key) => key !== "usage"), "answer", "scores", "verdict"],
    properties: {
      ...kept,
      answer: { ...given, type: ["string", "null"], description: `${given.description} Null where there is none.` },
      scores: { type: "object", additionalProperties: SCORE_SCHEMA, description: "By dimension: `{value, reason?}`, `{skipped}` or `{failed}`." },
      verdict: VERDICT_SCHEMA,
    },
  };
}

/** @throws where a field is not described, or one that is not there is: the page would not be true */
function described(properties, meanings) {
  const strange = [...Object.keys(properties).filter((key) => !(key in meanings)), ...Object.keys(meanings).filter((key) => !(key in properties))];
  if (strange.length > 0) throw new Error(`scripts/docs-rows.mjs and the schema of trajectories differ: ${strange.join(", ")}`);
  return Object.fromEntries(Object.entries(properties).map(([key, one]) => [key, { ...one, description: meanings[key] }]));
}

export function rowsPage(trajectory, schemas) {
  const messages = Object.assign({}, ...trajectory.properties.messages.items.oneOf.map(({ properties }) => properties));
  const sft = schemas["sft-row.schema.json"];
  return lines([
    generated("the schemas of rows (core/src/data/trajectory-schema.ts, scripts/docs-rows.mjs)"),
    "# Rows of data",
    "",
    "All files are JSON Lines: one object a line. The schemas lie in `@autotraj/core/schema`.",
    "",
    "## Questions",
    "",
    "`queries.train` and `queries.evaluate`, by `question.schema.json`. Numbers keep every digit.",
    "",
    ...table(schemas["question.schema.json"]),
    "## SFT rows",
    "",
    "`datasets/sft.jsonl` and `datasets/hard-cases.jsonl` of a run, by `sft-row.schema.json`.",
    "",
    ...table(sft),
    "A message:",
    "",
    ...table({ properties: described(messages, OF_MESSAGES), required: ["role", "content"] }, { types: false }),
    "## Preference rows",
    "",
    "`datasets/preferences.jsonl` and `datasets/siblings.jsonl`, by `preference-row.schema.json`.",
    "",
    ...table(schemas["preference-row.schema.json"]),
    "What trainers take instead is in [data sets for others](../guide/training.md#data-sets-for-others).",
  ]);
}

function table({ properties, required = [] }, { types = true } = {}) {
  const head = types ? ["| field | type | | meaning |", "|---|---|---|---|"] : ["| field | | meaning |", "|---|---|---|"];
  const rows = Object.entries(properties).map(([name, one]) => {
    const cells = [code(name), ...(types ? [typeOf(one)] : []), required.includes(name) ? "always" : "", cell(one.description)];
    return `| ${cells.join(" | ")} |`;
  });
  return [...head, ...rows, ""];
}

function typeOf({ type, enum: values, anyOf, items }) {
  if (values !== undefined) return values.map((value) => code(String(value))).join(", ");
  if (anyOf !== undefined) return [...new Set(anyOf.map(typeOf))].join(" or ");
  if (type === "array" && items?.type !== undefined) return `list of ${typeOf(items)}`;
  return [type].flat().join(" or ");
}
