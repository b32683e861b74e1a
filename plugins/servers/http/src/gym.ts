/** NeMo Gym's resources server: a session by cookie, a tool per path, a reward at the end. The model samples elsewhere and calls natively. */
import type { EpisodeService, RlTask, Trajectory } from "@autotraj/core/plugin";
import type { FastifyRequest } from "fastify";
import { type ChatMessage, trajectoryOf } from "./conversation.ts";
import type { Desk } from "./desk.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { Refusal } from "./refusal.ts";
import { gymRow, messagesOf, type OutputItem } from "./responses.ts";
import type { Routes } from "./route.ts";
import type { ScoreAnswer } from "./scorebook.ts";

/** Routes of the protocol itself: a tool could not be reached under such a name. */
export const RESERVED: ReadonlySet<string> = new Set(["verify", "seed_session", "close_session", "aggregate_metrics", "mcp"]);
const COOKIE = "autotraj_session";
const CALLS_REMEMBERED = 100_000;

/** `mask`: 200 with `mask_sample: true` and a reward of 0 that is not to be used. `refuse`: 503, for clients that do not know `mask_sample`. */
export type GymInvalid = "mask" | "refuse";

interface GymSession {
  readonly task: string;
  next: number;
  /** Calls are made one after the other, in the order in which they arrive. */
  queue: Promise<unknown>;
  readonly results: { readonly name: string; readonly content: string; readonly ok: boolean }[];
}

interface SeedBody {
  readonly task: string;
}

interface VerifyBody extends SeedBody {
  readonly responses_create_params: object;
  readonly response: { readonly output: readonly OutputItem[]; readonly status?: string };
}

export function gymRoutes(desk: Desk, tasks: ReadonlyMap<string, RlTask> | undefined, onInvalid: GymInvalid): Routes {
  const gym = new Gym(desk, onInvalid);
  const own: Routes = {
    "POST /gym/seed_session"({ body }, reply) {
      reply.header("set-cookie", `${COOKIE}=${gym.seed((body as SeedBody).task)}; Path=/; HttpOnly; SameSite=Lax`);
      return {};
    },
    "POST /gym/:tool"(request, reply) {
      const { tool } = request.params as { tool: string };
      if (RESERVED.has(tool)) throw new Refusal(404, "NOT_FOUND", `${tool} of NeMo Gym's protocol is not served here.`);
      reply.type("text/plain; charset=utf-8");
      return gym.call(sessionOf(request), tool, request.body as object);
    },
    "POST /gym/verify": (request) => gym.verify(sessionOf(request), request.body as VerifyBody),
  };
  if (tasks === undefined) return own;
  const native = [...tasks.values()].filter(({ dialect }) => dialect === "native");
  return {
    ...own,
    "GET /gym/rows": (_request, reply) => reply.type("application/x-ndjson").send(native.map((task) => `${JSON.stringify(gymRow(task))}\n`).join("")),
  };
}

class Gym {
  readonly #desk: Desk;
  readonly #onInvalid: GymInvalid;
  /** In the order of seeding; the oldest are forgotten, as the engine forgets old episodes. */
  readonly #sessions = new Map<string, GymSession>();

  constructor(desk: Desk, onInvalid: GymInvalid) {
    this.#desk = desk;
    this.#onInvalid = onInvalid;
  }

  seed(task: string): string {
    const { episodes } = this.#desk;
    const { dialect } = episodes.task(task);
    if (dialect !== "native") {
      throw new Refusal(
        409,
        "DIALECT",
        `task "${task}" is written in "${dialect}", but NeMo Gym's clients call tools natively: set rollout.dialect: native.`,
      );
    }
    const session = episodes.begin(task, undefined);
    this.#sessions.set(session, { task, next: 0, queue: Promise.resolve(), results: [] });
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= CALLS_REMEMBERED) break;
      this.#sessions.delete(oldest);
    }
    return session;
  }

  /** A call is a turn that holds nothing else: the engine's limits and sessions hold here too. */
  async call(session: string, name: string, args: object): Promise<string> {
    const state = this.#state(session);
    const work = state.queue.then(async () => {
      const started = performance.now();
      const { episodes, metrics } = this.#desk;
      try {
        const turn = { text: "", finish: "tool-calls", toolCalls: [{ id: `call-${state.next}`, name, arguments: JSON.stringify(args) }] } as const;
        const { results, finish } = await episodes.turn(session, state.next, turn);
        state.next++;
        metrics.turn("ok", (performance.now() - started) / 1000);
        const [result] = results;
        if (result === undefined) throw new Refusal(409, "TOOL_LIMIT", `no more tool calls: the episode is over (${finish ?? "ended"}).`);
        state.results.push({ name, content: result.content, ok: result.ok });
        return result.content;
      } catch (error) {
        metrics.turn("error", 0);
        throw error;
      }
    });
    state.queue = work.catch(() => {});
    return work;
  }

  async verify(session: string, row: VerifyBody): Promise<object> {
    const { task, response } = row;
    const finish = response.status === "incomplete" ? "length" : "stop";
    const fingerprint = fingerprintOf("gym", session, task, response.output, finish);
    const [answer] = await this.#desk.scores.score([
      { id: fingerprint, fingerprint, trajectory: () => this.#trajectory(session, task, response.output, finish) },
    ]);
    if (answer === undefined) throw new Error("the sample was not scored");
    if (answer.valid) {
      this.#desk.episodes.end(session);
      this.#sessions.delete(session);
    }
    return { ...row, ...this.#verdict(answer) };
  }

  #trajectory(session: string, task: string, output: readonly OutputItem[], finish: "stop" | "length"): Trajectory {
    const state = this.#state(session);
    if (state.task !== task) throw new Refusal(409, "TASK_MISMATCH", `the session plays task "${state.task}", not "${task}".`);
    const okOf = (name: string, content: string) => state.results.find((one) => one.name === name && one.content === content)?.ok ?? true;
    const messages: readonly ChatMessage[] = messagesOf(output, okOf);
    return withFaults(trajectoryOf(this.#desk, task, { messages, finish }), faultsOf(this.#desk.episodes, session));
  }

  #verdict({ reward, terms, error }: ScoreAnswer): object {
    const known = Object.fromEntries(Object.entries(terms).filter(([, value]) => value !== null));
    if (reward !== null) return { reward, mask_sample: false, terms: known };
    const reason = error === undefined ? "it has no reward" : `${error.code}: ${error.message}`;
    if (this.#onInvalid === "refuse") throw new Refusal(503, error?.code ?? "REWARD_FAILED", reason);
    return { reward: 0, mask_sample: true, failure_reason: reason, terms: known };
  }

  #state(session: string): GymSession {
    const state = this.#sessions.get(session);
    if (state === undefined) throw new Refusal(404, "ATRAJ_EPISODE", `there is no session "${session}": it was verified, or never seeded here.`);
    return state;
  }
}

/** What broke while the tools ran is known to the session only. */
function faultsOf(episodes: EpisodeService, session: string): readonly string[] {
  return episodes.trajectory(session).faults.filter((fault) => fault.startsWith('tool "'));
}

function withFaults(trajectory: Trajectory, faults: readonly string[]): Trajectory {
  return faults.length === 0 ? trajectory : { ...trajectory, faults: [...trajectory.faults, ...faults] };
}

/** @throws Refusal 400 where the request carries no session. */
function sessionOf({ headers }: FastifyRequest): string {
  for (const part of (headers.cookie ?? "").split(";")) {
    const [name, value] = part.trim().split("=", 2);
    if (name === COOKIE && value !== undefined) return value.replace(/^"(.*)"$/, "$1");
  }
  throw new Refusal(400, "NO_SESSION", "the request carries no session cookie: POST seed_session first, and send its cookie back.");
}
