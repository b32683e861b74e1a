/** Writes one trajectory turn by turn: the model speaks, the tools answer, until there is an answer or a limit. The same for rollouts and repairs. */
import type { Calls } from "./calls.ts";
import { isAutoTrajError, messageOf } from "./errors.ts";
import type {
  AssistantMessage,
  ContinuationPart,
  Dialect,
  Example,
  Finish,
  JsonObject,
  Message,
  Policy,
  Rollout,
  RolloutOptions,
  RolloutRequest,
  Tool,
  ToolDefinition,
  ToolMessage,
  Trajectory,
  Turn,
} from "./plugin.ts";
import type { Semaphore } from "./semaphore.ts";
import { dialects } from "./trajectory/dialects/index.ts";
import { contentHash, seedFrom, trajectoryId } from "./trajectory/identity.ts";

export interface RolloutParts {
  readonly policy: (id: string) => Policy;
  readonly tool: (id: string) => Tool;
  readonly calls: Calls;
  readonly seed: number;
  /** Trajectories being written at a time. */
  readonly slots: Semaphore;
  /** Told of every policy that could not answer, and of every turn that came. */
  readonly health: { failed(policyId: string, error: unknown): void; answered(policyId: string): void };
}

export function createRollout(parts: RolloutParts): Rollout {
  return {
    write: (request, options) => parts.slots.run(() => new Writer(parts, request, options).write()),
    async complete(policyId, { key, ...request }) {
      const seed = seedFrom(parts.seed, policyId, key);
      return parts.calls.model(policyId, parts.policy(policyId), { ...request, seed, session: contentHash(policyId, key).slice(0, 16) }, key);
    },
  };
}

class Writer {
  readonly #parts: RolloutParts;
  readonly #request: RolloutRequest;
  readonly #options: RolloutOptions;
  readonly #policy: Policy;
  readonly #dialect: Dialect;
  readonly #tools: ReadonlyMap<string, { readonly id: string; readonly tool: Tool }>;
  readonly #definitions: readonly ToolDefinition[];
  readonly #session: string;
  readonly #prompt: readonly Message[];
  readonly #written: (AssistantMessage | ToolMessage)[];
  readonly #faults: string[] = [];
  readonly #usage = { promptTokens: 0, cachedTokens: 0, completionTokens: 0, modelCalls: 0, toolCalls: 0 };
  #answer: string | undefined;

  constructor(parts: RolloutParts, request: RolloutRequest, options: RolloutOptions) {
    this.#parts = parts;
    this.#request = request;
    this.#options = options;
    this.#policy = parts.policy(options.policy);
    this.#dialect = dialects.get(request.dialect);
    const tools = request.tools.map((id) => ({ id, tool: parts.tool(id) }));
    this.#tools = new Map(tools.map((entry) => [entry.tool.definition.name, entry]));
    this.#definitions = tools.map(({ tool }) => tool.definition);
    this.#session = contentHash(request.query.id, options.policy, options.key).slice(0, 16);
    this.#prompt = promptMessages(request, options, this.#dialect);
    this.#written = [...(options.prefix ?? [])];
  }

  async write(): Promise<Trajectory> {
    try {
      return this.#trajectory(await this.#turns());
    } finally {
      this.#policy.endSession?.(this.#session);
      for (const { tool } of this.#tools.values()) tool.endSession?.(this.#session);
    }
  }

  async #turns(): Promise<Finish> {
    for (let turnNumber = this.#count("assistant"); turnNumber < this.#request.maxTurns; turnNumber++) {
      let turn: Turn;
      try {
        turn = await this.#generate(turnNumber);
        this.#parts.health.answered(this.#options.policy);
      } catch (error) {
        if (isAutoTrajError(error) || this.#options.signal?.aborted === true) throw error;
        this.#parts.health.failed(this.#options.policy, error);
        this.#faults.push(`policy "${this.#options.policy}" failed: ${messageOf(error)}`);
        return "failed";
      }
      const finish = await this.#take(turn, turnNumber);
      if (finish !== undefined) return finish;
    }
    return "turn-limit";
  }

  #generate(turnNumber: number): Promise<Turn> {
    const inTags = this.#request.dialect === "tags";
    return this.#parts.calls.model(
      this.#options.policy,
      this.#policy,
      {
        messages: inTags ? this.#prompt : [...this.#prompt, ...this.#written],
        continuation: inTags ? this.#written.map((message) => this.#part(message)) : [],
        dialect: this.#request.dialect,
        tools: inTags ? [] : this.#definitions,
        stop: this.#dialect.stops(this.#definitions),
        sampling: { ...this.#request.sampling, ...this.#options.sampling },
        seed: this.#seed(turnNumber),
        session: this.#session,
      },
      this.#options.key,
    );
  }

  /** Adds a turn and its tools' results. Returns how the trajectory ended, or undefined when it goes on. */
  async #take(turn: Turn, turnNumber: number): Promise<Finish | undefined> {
    this.#usage.modelCalls++;
    this.#usage.promptTokens += turn.usage.promptTokens;
    this.#usage.cachedTokens += turn.usage.cachedTokens;
    this.#usage.completionTokens += turn.usage.completionTokens;
    const { message, answer, faults } = this.#dialect.parse(turn, this.#definitions, `call-${turnNumber}`);
    this.#written.push(message);
    this.#faults.push(...faults);
    if (answer !== undefined) {
      this.#answer = answer;
      return "answer";
    }
    const calls = message.toolCalls ?? [];
    if (calls.length === 0) return turn.finish === "length" ? "token-limit" : "no-answer";
    for (const call of calls) {
      if (this.#count("tool") >= this.#request.maxToolCalls) return "tool-limit";
      this.#written.push(await this.#call(call));
    }
    return undefined;
  }

  async #call(call: NonNullable<AssistantMessage["toolCalls"]>[number]): Promise<ToolMessage> {
    const reply = { role: "tool", toolCallId: call.id, name: call.name } as const;
    if (call.malformed !== undefined) return { ...reply, content: `[call refused: ${call.malformed.reason}]`, ok: false };
    const entry = this.#tools.get(call.name);
    if (entry === undefined) return { ...reply, content: `[there is no tool "${call.name}"]`, ok: false };
    const number = this.#count("tool");
    this.#usage.toolCalls++;
    try {
      const place = `${this.#request.query.id}/${this.#options.policy}/${this.#options.key}/${number}`;
      const result = await this.#parts.calls.tool(entry.id, entry.tool, call.arguments, place, {
        session: this.#session,
        earlier: this.#earlierCalls(call.name),
      });
      const { content, ok, durationMs, isolation } = result;
      return { ...reply, content, ok, durationMs, ...(isolation === undefined ? {} : { isolation }) };
    } catch (error) {
      if (isAutoTrajError(error) || this.#options.signal?.aborted === true) throw error;
      this.#faults.push(`tool "${entry.id}" broke: ${messageOf(error)}`);
      return { ...reply, content: "[the tool is not available]", ok: false };
    }
  }

  #earlierCalls(name: string): readonly JsonObject[] {
    const answered = new Set(this.#written.flatMap((message) => (message.role === "tool" && message.name === name ? [message.toolCallId] : [])));
    return this.#written.flatMap((message) =>
      message.role === "assistant" ? (message.toolCalls ?? []).filter((call) => answered.has(call.id)).map((call) => call.arguments) : [],
    );
  }

  #count(role: "assistant" | "tool"): number {
    return this.#written.filter((message) => message.role === role).length;
  }

  #part(message: AssistantMessage | ToolMessage): ContinuationPart {
    const text = this.#dialect.text(message);
    if (message.role === "tool") return { by: "tool", text };
    return { by: "model", text, ...(message.tokens === undefined ? {} : { tokens: message.tokens }) };
  }

  #seed(turnNumber: number): number {
    return seedFrom(this.#parts.seed, this.#request.query.id, this.#options.key, turnNumber);
  }

  #trajectory(finish: Finish): Trajectory {
    const content = {
      query: this.#request.query,
      dialect: this.#request.dialect,
      tools: this.#definitions,
      messages: [
        { role: "system", content: this.#request.system },
        { role: "user", content: this.#request.query.question },
        ...this.#written,
      ] as readonly Message[],
      ...(this.#answer === undefined ? {} : { answer: this.#answer }),
      finish,
      faults: this.#faults,
      provenance: {
        policy: this.#options.policy,
        model: this.#policy.model,
        sampling: { ...this.#request.sampling, ...this.#options.sampling },
        seed: this.#seed(0),
        ...this.#options.provenance,
      },
    };
    return { id: trajectoryId(content), ...content, usage: this.#usage };
  }
}

function promptMessages(request: RolloutRequest, options: RolloutOptions, dialect: Dialect): readonly Message[] {
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
