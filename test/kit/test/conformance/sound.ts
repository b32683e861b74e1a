/** A well-behaved plugin of each kind, of a few lines. What is broken in one place is made of these. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import {
  definePlugin,
  EPISODE_SERVER,
  type ExecutionRequest,
  type ExecutionResult,
  FORMAT,
  type Format,
  type JsonObject,
  type JsonValue,
  type LaunchPlan,
  type Plugin,
  PluginError,
  type PluginKind,
  type PluginMeta,
  POLICY,
  type Policy,
  REWARD_MODEL,
  ROLLOUT,
  SANDBOX,
  type Sandbox,
  type Score,
  type ServedEpisodes,
  STAGE,
  type Stage,
  TOOL,
  type Tool,
  TRACKER,
} from "@autotraj/core/plugin";

type Setup = Plugin<JsonObject>["setup"];

export function plug(kind: PluginKind, setup: Setup, meta: Partial<PluginMeta> = {}): Plugin<JsonObject> {
  const options = { type: "object", additionalProperties: false, properties: {} } as const;
  return definePlugin<JsonObject>({
    meta: { name: `a-${kind}`, apiVersion: 1, kind, description: `a ${kind}`, options, ...meta },
    setup,
  });
}

export const DIMENSIONS = { dimensions: { brevity: { description: "the answer is short" } } };

export const brevityOf = (answer = ""): Score => ({ value: Math.max(0, 1 - answer.length / 1_000), reason: `${answer.length} characters` });

export const scorer = plug("scorer", (api) =>
  api.hooks.score.tapPromise(DIMENSIONS, async (batch) => batch.map(({ trajectory }) => ({ brevity: brevityOf(trajectory.answer) }))),
);

export const gate = plug("gate", (api) =>
  api.hooks.shouldRepair.tapPromise({ needs: ["correctness"] }, async ({ items }) =>
    items.map(({ scores: { correctness } }) =>
      correctness !== undefined && "value" in correctness && correctness.value === 1
        ? { decision: "keep", reason: "it is right" }
        : { decision: "repair", reason: "it is not right", cause: "wrong" },
    ),
  ),
);

export const preparer = plug("preparer", (api) =>
  api.hooks.beforeRollout.tapPromise({}, async (request) =>
    request.query.question.trim() === "" ? { drop: "the question is empty" } : { ...request, system: "Answer." },
  ),
);

export const repairer = plug("repairer", (api) => {
  const rollout = api.use(ROLLOUT);
  api.use(POLICY, "teacher");
  api.hooks.repair.tapPromise({ attempts: 2 }, ({ request, original, attempt }, { signal }) =>
    rollout.write(request, { policy: "teacher", key: `again ${original.trajectory.id} ${attempt}`, provenance: { origin: "repair" }, signal }),
  );
});

export const reward = plug("reward", (api) =>
  api.hooks.reward.tapPromise({ role: "outcome", needs: ["correctness"] }, async (batch) =>
    batch.map(({ scores: { correctness } }) => correctness ?? { failed: "it was not scored" }),
  ),
);

export const rewardModel = plug("reward-model", (api) => {
  const missing = () => new PluginError("NO_MODEL", "no model is loaded.");
  api.provide(REWARD_MODEL, { load: () => Promise.reject(missing()), score: () => Promise.reject(missing()) });
  api.hooks.reward.tapPromise({ role: "trajectory" }, async (batch) => batch.map(({ trajectory }) => ({ value: trajectory.messages.length })));
});

export const ADD: Tool = {
  definition: {
    name: "add",
    description: "adds two numbers",
    parameters: {
      type: "object",
      properties: { a: { type: "number", examples: [40] }, b: { type: "number", default: 2 } },
      required: ["a", "b"],
      additionalProperties: false,
    },
  },
  identity: "add 1",
  async call({ a, b }, { signal }) {
    signal.throwIfAborted();
    if (typeof a !== "number" || typeof b !== "number") return { content: "[a and b are numbers]", ok: false, durationMs: 0 };
    return { content: String(a + b), ok: true, durationMs: 0 };
  },
};

export const tool = plug("tool", (api) => api.provide(TOOL, ADD));

export const POET: Policy = {
  model: "poet",
  identity: "poet 1",
  dialects: ["tags", "native"],
  deterministic: true,
  generate: async ({ dialect, messages, seed }) => ({
    text: dialect === "tags" ? `<answer>${messages.length + seed}</answer>` : `It is ${messages.length + seed}.`,
    finish: "stop",
    usage: { promptTokens: 3, cachedTokens: 0, completionTokens: 4 },
  }),
};

export const policy = plug("policy", (api) => api.provide(POLICY, POET));

/** Stands for Python: it knows the programs that the kit asks. */
export class Abacus implements Sandbox {
  readonly isolation: string = "abacus";
  readonly strength: number = 1;
  readonly packages = [];
  readonly sessions: boolean = true;
  protected readonly known = new Map<string, Set<string>>();
  async selfTest(): Promise<{ readonly ok: true } | { readonly ok: false; readonly reason: string }> {
    return { ok: true };
  }
  async execute({ code, timeoutMs, session }: ExecutionRequest, { signal }: { readonly signal: AbortSignal }): Promise<ExecutionResult> {
    const names = session === undefined ? new Set<string>() : (this.known.get(session) ?? new Set<string>());
    if (session !== undefined) this.known.set(session, names);
    const result = (status: ExecutionResult["status"], stdout = "", stderr = ""): ExecutionResult => {
      return { status, stdout, stderr, durationMs: 0, truncatedBytes: 0 };
    };
    if (code.startsWith("while True")) {
      await sleep(Math.min(timeoutMs, 20), undefined, { signal });
      return result("timeout");
    }
    if (code === "x = 41") names.add("x");
    if (code === "print(x + 1)") return names.has("x") ? result("ok", "42\n") : result("error", "", "NameError: x");
    if (code.includes("globals()")) return result("ok", names.has("x") ? "True\n" : "False\n");
    if (code === "1 / 0") return result("error", "", "ZeroDivisionError: division by zero");
    return result("ok", code === "print(6 * 7)" ? "42\n" : "");
  }
  endSession(session: string): void {
    this.known.delete(session);
  }
}

export const sandbox = plug("sandbox", (api) => api.provide(SANDBOX, new Abacus()));

const isRow = (row: JsonValue): row is { asked: string; said: string } =>
  typeof row === "object" && row !== null && !Array.isArray(row) && typeof row["asked"] === "string" && typeof row["said"] === "string";

export const LINES: Format = {
  description: "what was asked and said",
  recognizes: (row) => (isRow(row) ? 1 : 0),
  read(row) {
    if (!isRow(row)) throw new PluginError("ROW", "a row is { asked, said }.");
    return {
      turns: [
        { role: "user", content: row.asked },
        { role: "assistant", content: row.said },
      ],
    };
  },
  sft: ({ query, answer = "" }) => ({ asked: query.question, said: answer }),
  preference: ({ query, chosen, rejected }) => ({ asked: query.question, better: chosen.answer ?? "", worse: rejected.answer ?? "" }),
};

export const format = plug("format", (api) => api.provide(FORMAT, LINES), { supports: { read: true, sft: true, preference: true, prompt: false } });

const SETTINGS = {
  type: "object",
  additionalProperties: false,
  properties: { passes: { type: "integer", default: 1, description: "Passes." } },
} as const;

export const PLAN: LaunchPlan = {
  files: { "train.py": "print('training')" },
  argv: ["python3", "train.py"],
  env: {},
  progressFile: "progress.jsonl",
  progress: (line) => (/^\d+$/.test(line) && line.length < 9 ? { step: Number(line), total: 10, metrics: {} } : undefined),
  exclusive: true,
};

export const trainer = plug("trainer", (api) =>
  api.hooks.train.tapPromise({ stageName: "sft", settings: SETTINGS }, async ({ dir, launch }) => {
    await launch(PLAN);
    return { modelPath: dir, kind: "causal", metrics: {} };
  }),
);

export const COUNT: Stage = {
  name: "count",
  settings: SETTINGS,
  prepare: async ({ datasets, contentOf }) => ({
    parts: { "the rows": await contentOf(datasets.sft) },
    run: async () => ({ metrics: { rows: 1 } }),
  }),
};

export const stage = plug("stage", (api) => api.provide(STAGE, COUNT));

/** Answers whatever is asked. */
export function listening(servers: Set<Server>, port = 0): Promise<ServedEpisodes> {
  const server = createServer((_request, response) => void response.end("ok"));
  servers.add(server);
  return new Promise((done, failed) => {
    server.once("error", failed);
    server.listen(port, "127.0.0.1", () => {
      const close = () =>
        new Promise<void>((closed) => {
          server.close(() => closed());
          server.closeAllConnections();
        });
      done({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token: "", close, drain: close });
    });
  });
}

export const server = plug("server", (api) => {
  const servers = new Set<Server>();
  api.onDispose(() => {
    for (const one of servers) one.close().closeAllConnections();
  });
  api.provide(EPISODE_SERVER, { reservedToolNames: new Set<string>(), serve: (_episodes, { port } = {}) => listening(servers, port) });
});

export const tracker = plug("tracker", (api) => {
  let calls = 0;
  api.provide(TRACKER, {
    track(events) {
      for (const { event } of events) if (event === "model-call") calls++;
    },
  });
  api.onDispose(() => api.log.info(`${calls} calls`));
});

export const SOUND: readonly Plugin<JsonObject>[] = [
  ...[scorer, gate, preparer, repairer, reward, rewardModel, tool, policy, sandbox, format, trainer, stage, server, tracker],
];
