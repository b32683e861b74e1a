/** Writes one trajectory turn by turn: the model speaks, the tools answer, until there is an answer or a limit. The same for rollouts and repairs. */

import { dialects } from "../data/dialects/index.ts";
import type { Tracking } from "../host/tracking.ts";
import { isAutoTrajError, messageOf } from "../kernel/errors.ts";
import { deepFreeze } from "../kernel/freeze.ts";
import type {
  AssistantMessage,
  ContinuationPart,
  Dialect,
  Example,
  Finish,
  Message,
  Policy,
  Provenance,
  ReplayOptions,
  Rollout,
  RolloutOptions,
  RolloutRequest,
  Tool,
  ToolCall,
  ToolContext,
  ToolDefinition,
  ToolMessage,
  Trajectory,
  Turn,
} from "../kernel/plugin.ts";
import { pluginOf } from "../kernel/provider-name.ts";
import { contentHash, seedFrom, trajectoryId } from "../kernel/trajectory/identity.ts";
import type { Calls } from "./calls.ts";
import type { Health } from "./health.ts";
import type { Semaphore } from "./semaphore.ts";
import { checkTools } from "./tool-names.ts";

export interface RolloutParts {
  readonly policy: (id: string) => Policy;
  readonly tool: (id: string) => Tool;
  readonly calls: Calls;
  readonly seed: number;
  /** Trajectories being written at a time. */
  readonly slots: Semaphore;
  readonly health: Health;
  readonly tracking: Tracking;
}

export function createRollout(parts: RolloutParts): Rollout {
  return {
    replay: (request, options) =>
      parts.slots.run(() => tracked(parts, request, { ...options, policy: "replay" }, () => replay(parts, request, options))),
    write: (request, options) => parts.slots.run(() => tracked(parts, request, options, () => new Writer(parts, request, options).write())),
    async complete(policyId, { key, ...request }) {
      const policy = parts.policy(policyId);
      const session = contentHash(policyId, key).slice(0, 16);
      try {
        return await parts.calls.model(policyId, policy, { ...request, seed: seedFrom(parts.seed, policyId, key), session }, key);
      } finally {
        policy.endSession?.(session);
      }
    },
  };
}

function tracked(
  { tracking }: RolloutParts,
  { query, system }: RolloutRequest,
  { policy, key, provenance: { origin } }: Pick<RolloutOptions, "policy" | "key" | "provenance">,
  work: () => Promise<Trajectory>,
): Promise<Trajectory> {
  return tracking.during(
    { kind: "rollout", query: query.id, policy, key, origin },
    async (end) => {
      const trajectory = await work();
      end({ outcome: trajectory.finish, trajectory: trajectory.id });
      return trajectory;
    },
    () => ({ system, question: query.question }),
  );
}

/** A trajectory as it grows: what has been said, and the tools that answer it. */
export class Transcript {
  readonly parts: Pick<RolloutParts, "tool" | "calls" | "health">;
  readonly request: RolloutRequest;
  readonly dialect: Dialect;
  readonly definitions: readonly ToolDefinition[];
  readonly session: string;
  readonly written: (AssistantMessage | ToolMessage)[];
  readonly faults: string[] = [];
  readonly usage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };
  answer: string | undefined;
  readonly #writer: { readonly by: string; readonly key: string; readonly signal?: AbortSignal | undefined };
  readonly #tools: ReadonlyMap<string, { readonly id: string; readonly tool: Tool }>;

  constructor(
    parts: Pick<RolloutParts, "tool" | "calls" | "health">,
    request: RolloutRequest,
    writer: { readonly by: string; readonly key: string; readonly signal?: AbortSignal | undefined },
    prefix: readonly (AssistantMessage | ToolMessage)[] = [],
  ) {
    this.parts = parts;
    this.request = request;
    this.dialect = dialects.get(request.dialect);
    const tools = request.tools.map((id) => ({ id, tool: parts.tool(id) }));
    this.#tools = checkTools(tools, request.dialect);
    this.definitions = tools.map(({ tool }) => tool.definition);
    this.#writer = writer;
    this.session = contentHash(request.query.id, writer.by, writer.key).slice(0, 16);
    this.written = [...prefix];
  }

  count(role: "assistant" | "tool"): number {
    return this.written.filter((message) => message.role === role).length;
  }

  /** Reads a sampled turn, adds it and its tools' results. Returns how the trajectory ended, or undefined when it goes on. */
  async accept(turn: Turn): Promise<Finish | undefined> {
    this.usage.modelCalls++;
    this.usage.promptTokens += turn.usage.promptTokens;
    this.usage.cachedTokens += turn.usage.cachedTokens;
    this.usage.completionTokens += turn.usage.completionTokens;
    const { message, answer, faults } = this.dialect.parse(turn, this.definitions, `call-${this.count("assistant")}`);
    this.faults.push(...faults);
    if (answer !== undefined) {
      this.written.push(message);
      this.answer = answer;
      return "answer";
    }
    const ended = await this.take(message);
    return ended === "no-answer" && turn.finish === "length" ? "token-limit" : ended;
  }

  /** Adds a turn and its tools' results, without looking for an answer in it. */
  async take(message: AssistantMessage): Promise<"no-answer" | "tool-limit" | undefined> {
    this.written.push(deepFreeze(message));
    const calls = message.toolCalls ?? [];
    if (calls.length === 0) return "no-answer";
    for (const call of calls) {
      if (this.count("tool") >= this.request.maxToolCalls) return "tool-limit";
      this.written.push(await this.#call(call));
    }
    return undefined;
  }

  async #call(call: ToolCall): Promise<ToolMessage> {
    const reply = { role: "tool", toolCallId: call.id, name: call.name } as const;
    if (call.malformed !== undefined) return { ...reply, content: `[call refused: ${call.malformed.reason}]`, ok: false };
    const entry = this.#tools.get(call.name);
    if (entry === undefined) return { ...reply, content: `[there is no tool "${call.name}"]`, ok: false };
    const number = this.count("tool");
    this.usage.toolCalls++;
    const { by, key, signal } = this.#writer;
    try {
      const result = await this.parts.calls.tool(entry.id, entry.tool, call.arguments, `${this.request.query.id}/${by}/${key}/${number}`, {
        session: this.session,
        ...this.#earlierCalls(entry.id, call.name),
      });
      this.parts.health.worked("tool", entry.id);
      const { content, ok, durationMs, isolation } = result;
      return { ...reply, content, ok, durationMs, ...(isolation === undefined ? {} : { isolation }) };
    } catch (error) {
      if (isAutoTrajError(error) || signal?.aborted === true) throw error;
      this.parts.health.failed("tool", entry.id, error);
      this.faults.push(`tool "${entry.id}" broke: ${messageOf(error)}`);
      return { ...reply, content: "[the tool is not available]", ok: false };
    }
  }

  /** Calls that reached a tool of the same plugin entry and were answered. */
  #earlierCalls(id: string, name: string): Pick<ToolContext, "earlier" | "history"> {
    const plugin = pluginOf(id);
    const calls = this.written.flatMap((message) => (message.role === "assistant" ? (message.toolCalls ?? []) : []));
    const answered = this.count("tool");
    // Results stand in the order of the calls, so the first so many calls are the answered ones.
    const isItsOwn = (name: string) => pluginOf(this.#tools.get(name)?.id ?? "") === plugin;
    const made = calls.slice(0, answered).filter((call) => call.malformed === undefined && isItsOwn(call.name));
    return {
      earlier: made.filter((call) => call.name === name).map((call) => call.arguments),
      history: made.map((call) => ({ tool: call.name, arguments: call.arguments })),
    };
  }

  trajectory(finish: Finish, provenance: Provenance): Trajectory {
    const content = {
      query: this.request.query,
      dialect: this.request.dialect,
      tools: this.definitions,
      messages: [
        { role: "system", content: this.request.system },
        { role: "user", content: this.request.query.question },
        ...this.written,
      ] as readonly Message[],
      ...(this.answer === undefined ? {} : { answer: this.answer }),
      finish,
      faults: this.faults,
      provenance,
    };
    return { id: trajectoryId(content), ...content, usage: this.usage };
  }

  endSessions(): void {
    for (const { tool } of this.#tools.values()) tool.endSession?.(this.session);
  }
}

/** Lets a policy speak, turn by turn. */
class Writer {
  readonly #parts: RolloutParts;
  readonly #options: RolloutOptions;
  readonly #policy: Policy;
  readonly #transcript: Transcript;
  readonly #prompt: readonly Message[];

  constructor(parts: RolloutParts, request: RolloutRequest, options: RolloutOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#policy = parts.policy(options.policy);
    this.#transcript = new Transcript(parts, request, { by: options.policy, key: options.key, signal: options.signal }, options.prefix);
    this.#prompt = promptMessages(request, options, this.#transcript.dialect);
  }

  async write(): Promise<Trajectory> {
    const { policy, provenance } = this.#options;
    try {
      const finish = await this.#turns();
      return this.#transcript.trajectory(finish, {
        policy,
        model: this.#policy.model,
        sampling: { ...this.#transcript.request.sampling, ...this.#options.sampling },
        seed: this.#seed(0),
        ...provenance,
      });
    } finally {
      this.#policy.endSession?.(this.#transcript.session);
      this.#transcript.endSessions();
    }
  }

  async #turns(): Promise<Finish> {
    const { health } = this.#parts;
    const { request } = this.#transcript;
    const { policy, signal } = this.#options;
    for (let turnNumber = this.#transcript.count("assistant"); turnNumber < request.maxTurns; turnNumber++) {
      let turn: Turn;
      try {
        turn = await this.#generate(turnNumber);
        health.worked("policy", policy);
      } catch (error) {
        if (isAutoTrajError(error) || signal?.aborted === true) throw error;
        health.failed("policy", policy, error);
        this.#transcript.faults.push(`policy "${policy}" failed: ${messageOf(error)}`);
        return "failed";
      }
      const finish = await this.#transcript.accept(turn);
      if (finish !== undefined) return finish;
    }
    return "turn-limit";
  }

  #generate(turnNumber: number): Promise<Turn> {
    const { request, dialect, definitions, written, session } = this.#transcript;
    const inTags = request.dialect === "tags";
    return this.#parts.calls.model(
      this.#options.policy,
      this.#policy,
      {
        messages: inTags ? this.#prompt : [...this.#prompt, ...written],
        continuation: inTags ? written.map((message) => this.#part(message)) : [],
        dialect: request.dialect,
        tools: inTags ? [] : definitions,
        stop: dialect.stops(definitions),
        sampling: { ...request.sampling, ...this.#options.sampling },
        seed: this.#seed(turnNumber),
        session,
      },
      this.#options.key,
      `${request.query.id}/${this.#options.policy}/${this.#options.key}/${turnNumber}`,
    );
  }

  #part(message: AssistantMessage | ToolMessage): ContinuationPart {
    const text = this.#transcript.dialect.text(message);
    if (message.role === "tool") return { by: "tool", text };
    return { by: "model", text, ...(message.tokens === undefined ? {} : { tokens: message.tokens }) };
  }

  #seed(turnNumber: number): number {
    return seedFrom(this.#parts.seed, this.#transcript.request.query.id, this.#options.key, turnNumber);
  }
}

/** Takes turns that are already written; only the tools are asked. */
async function replay(parts: RolloutParts, request: RolloutRequest, options: ReplayOptions): Promise<Trajectory> {
  const transcript = new Transcript(parts, request, { by: "replay", key: options.key, signal: options.signal });
  const ended = async (): Promise<Finish> => {
    for (const [index, turn] of options.turns.entries()) {
      if (index >= request.maxTurns) return "turn-limit";
      const last = index === options.turns.length - 1;
      if (last && (turn.toolCalls ?? []).length === 0) {
        transcript.written.push(turn);
        return options.answer === undefined ? "no-answer" : "answer";
      }
      const finish = await transcript.take(turn);
      if (finish === "tool-limit") return finish;
    }
    return "no-answer";
  };
  try {
    const finish = await ended();
    if (finish === "answer") transcript.answer = options.answer;
    return transcript.trajectory(finish, options.provenance);
  } finally {
    transcript.endSessions();
  }
}

/** System message, worked examples and the question, as the policy is shown them. */
export function promptMessages(request: RolloutRequest, options: Pick<RolloutOptions, "shown">, dialect: Dialect): readonly Message[] {
  const system = options.shown?.system ?? request.system;
  return [
    ...(system === "" ? [] : [{ role: "system", content: system } as const]),
    ...(options.shown?.examples ?? request.examples).flatMap((example) => exampleMessages(example, dialect)),
    { role: "user", content: options.shown?.question ?? request.query.question },
  ];
}

/** In `tags` an example is one assistant message with its results inside, as the model is to write it. */
function exampleMessages(example: Example, dialect: Dialect): readonly Message[] {
  const question = { role: "user", content: example.question } as const;
  if (dialect.name === "native") return [question, ...example.messages];
  const text = example.messages.map((message) => dialect.text(message)).join("");
  return [question, { role: "assistant", content: text, text }];
}
