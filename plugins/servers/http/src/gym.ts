/** NeMo Gym's resources server: a session by cookie, a tool per path, a reward at the end. The model samples elsewhere and calls natively. */
import { AutoTrajError, contentHash, type Episodes, type RlTask, type Trajectory } from "@autotraj/core";
import type { FastifyRequest } from "fastify";
import { type ChatMessage, trajectoryOf } from "./conversation.ts";
import { blankOf, type Desk } from "./desk.ts";
import { Refusal } from "./refusal.ts";
import { gymRow, messagesOf, OUTPUT, type OutputItem } from "./responses.ts";
import { object, type Route, type Schema, TEXT } from "./route.ts";
import type { ScoreAnswer } from "./scorebook.ts";

const RESERVED: ReadonlySet<string> = new Set(["verify", "seed_session", "close_session", "aggregate_metrics", "mcp"]);
const COOKIE = "autotraj_session";
const CALLS_REMEMBERED = 100_000;

/** `mask`: 200 with `mask_sample: true` and a reward of 0 that is not to be used. `refuse`: 503, for clients that do not know `mask_sample`. */
export type GymInvalid = "mask" | "refuse";

/** Tool names that are routes of the protocol itself. */
export function reservedTools(names: Iterable<string>): readonly string[] {
  return [...new Set(names)].filter((name) => RESERVED.has(name));
}

/** @throws ATRAJ_SERVICE_CONFLICT where a tool could not be reached under its name. */
export function checkToolNames(names: Iterable<string>): void {
  const [name] = reservedTools(names);
  if (name === undefined) return;
  throw new AutoTrajError("ATRAJ_SERVICE_CONFLICT", {
    who: `tool "${name}"`,
    what: "NeMo Gym's protocol has this name for itself.",
    hint: "Give the tool another name in its options, or serve without this protocol: --protocols without gym.",
  });
}

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

const ROW_FIELDS: Readonly<Record<string, Schema>> = { task: { type: "string", minLength: 1 }, responses_create_params: { type: "object" } };
/** Open: rows may carry more, and all of it comes back. */
const ROW: Schema = { type: "object", required: ["task", "responses_create_params"], properties: ROW_FIELDS };
const VERIFY: Schema = {
  type: "object",
  required: ["task", "responses_create_params", "response"],
  properties: { ...ROW_FIELDS, response: { type: "object", required: ["output"], properties: { output: OUTPUT, status: TEXT } } },
};

export function gymRoutes(desk: Desk, tasks: ReadonlyMap<string, RlTask> | undefined, onInvalid: GymInvalid): readonly Route[] {
  const gym = new Gym(desk, onInvalid);
  return [
    {
      method: "POST",
      url: "/gym/seed_session",
      summary: "NeMo Gym: begin an episode. The row's `task` says of what; a cookie names the session.",
      body: ROW,
      answers: { 200: { description: "The session's cookie is set.", schema: object({}) } },
      handle({ body }, reply) {
        reply.header("set-cookie", `${COOKIE}=${gym.seed((body as SeedBody).task)}; Path=/; HttpOnly; SameSite=Lax`);
        return {};
      },
    },
    {
      method: "POST",
      url: "/gym/:tool",
      summary: "NeMo Gym: call a tool. The body is its arguments, the answer's text is what the model reads.",
      params: object({ tool: TEXT }),
      body: { type: "object" },
      answers: { 200: { description: "What the model reads, also where the tool reports a failure.", contentType: "text/plain" } },
      handle(request, reply) {
        const { tool } = request.params as { tool: string };
        if (RESERVED.has(tool)) throw new Refusal(404, "NOT_FOUND", `${tool} of NeMo Gym's protocol is not served here.`);
        reply.type("text/plain; charset=utf-8");
        return gym.call(sessionOf(request), tool, request.body as object);
      },
    },
    {
      method: "POST",
      url: "/gym/verify",
      summary: "NeMo Gym: the reward of a finished response. The whole request comes back with it.",
      body: VERIFY,
      answers: {
        200: {
          description: "`mask_sample` true: there is no valid reward (`failure_reason` says why), and the 0 in its place must not be used.",
          schema: {
            type: "object",
            required: ["responses_create_params", "response", "reward", "mask_sample"],
            properties: { reward: { type: "number" }, mask_sample: { type: "boolean" } },
          },
        },
      },
      handle: (request) => gym.verify(sessionOf(request), request.body as VerifyBody),
    },
    ...(tasks === undefined
      ? []
      : [
          {
            method: "GET",
            url: "/gym/rows",
            summary: "The data set for NeMo Gym's clients, JSON lines.",
            answers: { 200: { description: "One row per task of the dialect `native`.", contentType: "application/x-ndjson" } },
            handle(_request, reply) {
              const rows = [...tasks.values()].filter(({ dialect }) => dialect === "native");
              return reply.type("application/x-ndjson").send(rows.map((task) => `${JSON.stringify(gymRow(task))}\n`).join(""));
            },
          } satisfies Route,
        ]),
  ];
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
    const session = episodes.begin(task, undefined);
    const { dialect } = episodes.trajectory(session);
    if (dialect !== "native") {
      episodes.end(session);
      throw new Refusal(
        409,
        "DIALECT",
        `task "${task}" is written in "${dialect}", but NeMo Gym's clients call tools natively: set rollout.dialect: native.`,
      );
    }
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
    const fingerprint = contentHash("gym", session, task, response.output, finish);
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
    return withFaults(trajectoryOf(blankOf(this.#desk, task), { messages, finish }), faultsOf(this.#desk.episodes, session));
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
function faultsOf(episodes: Episodes, session: string): readonly string[] {
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
