/** The native protocol: sessions, turns, scores and tasks; in batches, since a trainer has hundreds of episodes at a time. */
import { contentHash, type EpisodeStep, type EpisodeTurn, type RlTask } from "@autotraj/core";
import { CHAT_MESSAGE, type ChatMessage, DIALECT, FINISH, trajectoryOf } from "./conversation.ts";
import { blankOf, type Desk, scoreOfText } from "./desk.ts";
import { problemOf, Refusal } from "./refusal.ts";
import { list, object, PROBLEM, type Route, type Schema, TEXT } from "./route.ts";
import type { ScoreRequest } from "./scorebook.ts";

const ID: Schema = { type: "string", minLength: 1, maxLength: 512 };
const INDEX: Schema = { type: "integer", minimum: 0 };
const MOST_ITEMS = { minItems: 1, maxItems: 10_000 };
const REFUSED = object({ error: PROBLEM });

const TURN_FIELDS: Readonly<Record<string, Schema>> = {
  index: INDEX,
  text: TEXT,
  finish: { enum: ["stop", "length", "tool-calls"] },
  reasoning: TEXT,
  toolCalls: list(object({ id: TEXT, name: TEXT, arguments: TEXT })),
};

const STEP = object(
  {
    append: TEXT,
    results: list(object({ toolCallId: TEXT, name: TEXT, content: TEXT, ok: { type: "boolean" } })),
    done: { type: "boolean" },
    finish: { enum: ["answer", "no-answer", "tool-limit", "turn-limit", "token-limit", "failed"] },
  },
  ["append", "results", "done"],
);

const SCORE_ITEM: Schema = {
  type: "object",
  required: ["id"],
  additionalProperties: false,
  properties: { id: ID, session: ID, task: ID, messages: list(CHAT_MESSAGE), text: TEXT, dialect: DIALECT, finish: FINISH },
  oneOf: [
    { required: ["session"], not: { anyOf: [{ required: ["task"] }, { required: ["messages"] }, { required: ["text"] }] } },
    { required: ["task", "messages"], not: { required: ["text"] } },
    { required: ["task", "text"], not: { anyOf: [{ required: ["messages"] }, { required: ["dialect"] }] } },
  ],
};

const SCORE = object(
  {
    id: TEXT,
    reward: { type: ["number", "null"] },
    terms: { type: "object", additionalProperties: { type: ["number", "null"] } },
    valid: { type: "boolean" },
    error: PROBLEM,
  },
  ["id", "reward", "terms", "valid"],
);

/** As `RlTask` of the contract says; open, since tools and queries carry more. */
const TASK: Schema = {
  type: "object",
  required: ["id", "query", "messages", "dialect", "tools", "stop", "sampling", "maxToolCalls", "maxTurns"],
  properties: {
    id: TEXT,
    query: { type: "object" },
    messages: list({ type: "object" }),
    dialect: DIALECT,
    tools: list({ type: "object" }),
    stop: list(TEXT),
  },
};

type ScoreItem = { readonly id: string } & (
  | { readonly session: string }
  | { readonly task: string; readonly messages: readonly ChatMessage[]; readonly dialect?: "tags" | "native"; readonly finish?: "stop" | "length" }
  | { readonly task: string; readonly text: string; readonly finish?: "stop" | "length" }
);

interface Turn extends EpisodeTurn {
  readonly session: string;
  readonly index: number;
}

const PAGE = 100;
const LONGEST_PAGE = 1000;

export function nativeRoutes(desk: Desk): readonly Route[] {
  return [...sessionRoutes(desk), scoreRoute(desk), ...(desk.tasks === undefined ? [] : taskRoutes(desk.tasks))];
}

function sessionRoutes(desk: Desk): readonly Route[] {
  const { episodes } = desk;
  return [
    {
      method: "POST",
      url: "/v1/sessions",
      summary: "Begin episodes. The same task and key give the same session again.",
      body: object({ items: list(object({ task: ID, key: ID }, ["task"]), MOST_ITEMS) }),
      answers: {
        200: { description: "One item per episode, in order.", schema: object({ items: list({ anyOf: [object({ session: TEXT }), REFUSED] }) }) },
      },
      handle({ body }) {
        const { items } = body as { items: readonly { task: string; key?: string }[] };
        return { items: items.map(({ task, key }) => itemOf(() => ({ session: episodes.begin(task, key) }))) };
      },
    },
    {
      method: "DELETE",
      url: "/v1/sessions/:id",
      summary: "End an episode and let go of its tools' state. Ending it twice is no error.",
      params: object({ id: ID }),
      answers: { 204: { description: "It is over.", contentType: null } },
      handle({ params }, reply) {
        episodes.end((params as { id: string }).id);
        return reply.code(204).send();
      },
    },
    {
      method: "POST",
      url: "/v1/turns",
      summary: "Take turns of several episodes at the same time. Answered when the slowest is done.",
      body: object({ items: list(object({ session: ID, ...TURN_FIELDS }, ["session", "index", "text", "finish"]), MOST_ITEMS) }),
      answers: { 200: { description: "One item per turn, in order.", schema: object({ items: list({ anyOf: [STEP, REFUSED] }) }) } },
      async handle({ body }) {
        const { items } = body as { items: readonly Turn[] };
        return { items: await Promise.all(items.map((turn) => takeTurn(desk, turn).catch((error: unknown) => ({ error: problemOf(error) })))) };
      },
    },
    {
      method: "POST",
      url: "/v1/sessions/:id/turn",
      summary: "Take one turn. A turn that was taken before is answered as it was then, and no tool runs twice.",
      params: object({ id: ID }),
      body: object(TURN_FIELDS, ["index", "text", "finish"]),
      answers: { 200: { description: "What the tools answered, and whether the episode is over.", schema: STEP } },
      handle({ params, body }) {
        return takeTurn(desk, { ...(body as Omit<Turn, "session">), session: (params as { id: string }).id });
      },
    },
  ];
}

async function takeTurn({ episodes, metrics }: Desk, { session, index, ...turn }: Turn): Promise<EpisodeStep> {
  const started = performance.now();
  try {
    const step = await episodes.turn(session, index, turn);
    metrics.turn("ok", step.results.length === 0 ? 0 : (performance.now() - started) / 1000);
    return step;
  } catch (error) {
    metrics.turn("error", 0);
    throw error;
  }
}

function scoreRoute(desk: Desk): Route {
  return {
    method: "POST",
    url: "/v1/score",
    summary: "Rewards of episodes, or of conversations recorded elsewhere. The same id gives the same answer again.",
    body: object({ items: list(SCORE_ITEM, MOST_ITEMS) }),
    answers: {
      200: { description: "One item per sample, in order. An invalid one has no reward; it is never 0.", schema: object({ items: list(SCORE) }) },
    },
    async handle({ body }) {
      const { items } = body as { items: readonly ScoreItem[] };
      const answers = await desk.scores.score(items.map((item) => scoreRequest(desk, item)));
      return { items: answers.map((answer, index) => ({ id: items[index]?.id, ...answer })) };
    },
  };
}

function scoreRequest(desk: Desk, item: ScoreItem): ScoreRequest {
  const { id } = item;
  if ("session" in item) return { id, fingerprint: `session ${item.session}`, trajectory: () => desk.episodes.trajectory(item.session) };
  if ("text" in item) return scoreOfText(desk, id, item.task, item.text, item.finish);
  const { id: _id, task, ...recording } = item;
  return { id, fingerprint: contentHash(task, recording), trajectory: () => trajectoryOf(blankOf(desk, task), recording) };
}

function taskRoutes(tasks: ReadonlyMap<string, RlTask>): readonly Route[] {
  const NUMBER = { type: "string", pattern: "^[0-9]{1,9}$" };
  const all = [...tasks.values()];
  return [
    {
      method: "GET",
      url: "/v1/tasks",
      summary: "The questions that can be played, with all that decides how they are asked.",
      querystring: object({ offset: NUMBER, limit: NUMBER }, []),
      answers: {
        200: {
          description: `A page: \`limit\` tasks (default ${PAGE}, at most ${LONGEST_PAGE}) from \`offset\` on; \`next\` is the next page's offset, null at the end.`,
          schema: object({ items: list(TASK), total: INDEX, next: { type: ["integer", "null"] } }),
        },
      },
      handle({ query }) {
        const { offset = "0", limit = String(PAGE) } = query as { offset?: string; limit?: string };
        const end = Number(offset) + Math.min(Number(limit), LONGEST_PAGE);
        return { items: all.slice(Number(offset), end), total: all.length, next: end < all.length ? end : null };
      },
    },
    {
      method: "GET",
      url: "/v1/tasks/:id",
      summary: "One question.",
      params: object({ id: ID }),
      answers: { 200: { description: "The task.", schema: TASK } },
      handle({ params }) {
        const { id } = params as { id: string };
        const task = tasks.get(id);
        if (task === undefined) throw new Refusal(404, "ATRAJ_EPISODE", `there is no task "${id}".`);
        return task;
      },
    },
  ];
}

function itemOf<T>(work: () => T): T | { error: ReturnType<typeof problemOf> } {
  try {
    return work();
  } catch (error) {
    return { error: problemOf(error) };
  }
}
