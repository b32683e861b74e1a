/** The native protocol: sessions, turns, scores and tasks; in batches, since a trainer has hundreds of episodes at a time. */
import type { EpisodeStep, EpisodeTurn, RlTask } from "@autotraj/core/plugin";
import { type Recording, trajectoryOf } from "./conversation.ts";
import { type Desk, scoreOfText } from "./desk.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { Refusal } from "./refusal.ts";
import type { Routes } from "./route.ts";
import type { ScoreRequest } from "./scorebook.ts";

type ScoreItem = { readonly id: string } & (
  | { readonly session: string }
  | ({ readonly task: string } & Recording)
  | { readonly task: string; readonly text: string; readonly finish?: "stop" | "length" }
);

interface Turn extends EpisodeTurn {
  readonly session: string;
  readonly index: number;
}

const PAGE = 100;
const LONGEST_PAGE = 1000;

export function nativeRoutes(desk: Desk): Routes {
  return { ...sessionRoutes(desk), ...scoreRoute(desk), ...(desk.tasks === undefined ? {} : taskRoutes(desk.tasks)) };
}

function sessionRoutes(desk: Desk): Routes {
  const { episodes, problemOf } = desk;
  return {
    "POST /v1/sessions"({ body }) {
      const { items } = body as { items: readonly { task: string; key?: string }[] };
      const begun = ({ task, key }: (typeof items)[number]) => {
        try {
          return { session: episodes.begin(task, key) };
        } catch (error) {
          return { error: problemOf(error) };
        }
      };
      return { items: items.map(begun) };
    },
    "DELETE /v1/sessions/:id"({ params }, reply) {
      episodes.end((params as { id: string }).id);
      return reply.code(204).send();
    },
    async "POST /v1/turns"({ body }) {
      const { items } = body as { items: readonly Turn[] };
      return { items: await Promise.all(items.map((turn) => takeTurn(desk, turn).catch((error: unknown) => ({ error: problemOf(error) })))) };
    },
    "POST /v1/sessions/:id/turn"({ params, body }) {
      return takeTurn(desk, { ...(body as Omit<Turn, "session">), session: (params as { id: string }).id });
    },
  };
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

function scoreRoute(desk: Desk): Routes {
  return {
    async "POST /v1/score"({ body }) {
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
  return { id, fingerprint: fingerprintOf(task, recording), trajectory: () => trajectoryOf(desk, task, recording) };
}

function taskRoutes(tasks: ReadonlyMap<string, RlTask>): Routes {
  const all = [...tasks.values()];
  return {
    "GET /v1/tasks"({ query }) {
      const { offset = "0", limit = String(PAGE) } = query as { offset?: string; limit?: string };
      const end = Number(offset) + Math.min(Number(limit), LONGEST_PAGE);
      return { items: all.slice(Number(offset), end), total: all.length, next: end < all.length ? end : null };
    },
    "GET /v1/tasks/:id"({ params }) {
      const { id } = params as { id: string };
      const task = tasks.get(id);
      if (task === undefined) throw new Refusal(404, "ATRAJ_EPISODE", `there is no task "${id}".`);
      return task;
    },
  };
}
