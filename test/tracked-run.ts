/** A run of plugins of a few lines for tests of trackers: a policy that adds with a tool, wrongly half of the time, a scorer, a gate, a repairer, a trainer. */
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRun, type RunObserver, type RunResult, type StopSwitch } from "@autotraj/core";
import { definePlugin, type JsonObject, type Plugin, PluginError, POLICY, ROLLOUT, TOOL } from "@autotraj/core/plugin";
import { bare } from "./plugins-in-code.ts";

const student = bare("student", "policy", (api) =>
  api.provide(POLICY, {
    model: "adder-1",
    identity: "adder 1",
    dialects: ["native"],
    deterministic: true,
    price: { input: 1, output: 2 },
    async generate({ messages, seed, sampling }) {
      const question = messages.findLast(({ role }) => role === "user")?.content ?? "";
      const [a, b] = question.match(/\d+/g) ?? [];
      const result = messages.findLast(({ role }) => role === "tool")?.content;
      if (question.includes("666")) throw new PluginError("DOWN", "the policy is down");
      // Repairs are sampled greedily, and are right.
      const sum = sampling.temperature === 0 || seed % 2 === 0 ? result : "7";
      const usage = { promptTokens: 100, cachedTokens: 10, completionTokens: 5 };
      if (result !== undefined) return { text: `It is \\boxed{${sum}}`, finish: "stop", usage };
      const call = { id: `call-${seed}`, name: "add", arguments: JSON.stringify({ a: Number(a), b: Number(b) }) };
      return { text: "I add them.", toolCalls: [call], finish: "tool-calls", usage };
    },
  }),
);

const adder = bare("adder", "tool", (api) =>
  api.provide(TOOL, {
    definition: { name: "add", description: "Adds.", parameters: { type: "object", properties: { a: { type: "number" }, b: { type: "number" } } } },
    identity: "add 1",
    call: async ({ a, b }) => ({ content: String(Number(a) + Number(b)), ok: true, durationMs: 1 }),
  }),
);

const exact = bare("exact", "scorer", (api) =>
  api.hooks.score.tapPromise({ dimensions: { correctness: { description: "right" } } }, async (batch) =>
    batch.map(({ trajectory, query }) => ({ correctness: { value: query.answers.includes(trajectory.answer ?? "") ? 1 : 0, reason: "compared" } })),
  ),
);

const gate = bare("gate", "gate", (api) =>
  api.hooks.shouldRepair.tapPromise({ needs: ["correctness"] }, async ({ items }) =>
    items.map(({ scores }) => {
      const right = scores["correctness"];
      return right !== undefined && "value" in right && right.value === 1
        ? { decision: "keep", reason: "it is right" }
        : { decision: "repair", reason: "it is wrong", cause: "wrong" };
    }),
  ),
);

const fix = bare("fix", "repairer", (api) => {
  const rollout = api.use(ROLLOUT);
  api.hooks.repair.tapPromise({ attempts: 1 }, ({ request, original, attempt }) =>
    rollout.write(request, {
      policy: "student",
      key: `repair ${original.trajectory.id} ${attempt}`,
      sampling: { temperature: 0 },
      provenance: { origin: "repair" },
    }),
  );
});

const none: JsonObject = {};
const trainer = bare("trainer", "trainer", (api) =>
  api.hooks.train.tapPromise(
    { stageName: "sft", settings: { type: "object", additionalProperties: false, properties: none as never } },
    async ({ dir, launch }) => {
      const steps = [1, 2, 3].map((step) => ({ step, total: 3, metrics: { loss: 1 / step, tokensPerSecond: 10 * step } }));
      const script = `require("fs").writeFileSync("progress.jsonl", ${JSON.stringify(steps.map((step) => `${JSON.stringify(step)}\n`).join(""))})`;
      await launch({
        files: {},
        argv: [process.execPath, "-e", script],
        env: {},
        progressFile: "progress.jsonl",
        progress: (line) => JSON.parse(line),
        exclusive: false,
      });
      writeFileSync(join(dir, "config.json"), "{}");
      return { modelPath: dir, kind: "causal", metrics: { loss: 0.25 } };
    },
  ),
);

interface TrackedSettings {
  readonly questions?: number;
  /** Further questions as they are. */
  readonly asked?: readonly string[];
  readonly stop?: StopSwitch;
  readonly observer?: RunObserver;
  readonly trains?: "sft";
}

/** One folder for as many runs as a test makes. */
export class TrackedRuns {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-tracked-")));
  readonly incidents: string[] = [];

  async start(plugin: Plugin<never>, options: object, settings: TrackedSettings = {}): Promise<RunResult> {
    const { questions = 6, asked = [], stop, observer, trains } = settings;
    const sums = Array.from({ length: questions }, (_, n) => ({ id: `q${n}`, question: `What is ${n} + 20?`, answers: [String(n + 20)] }));
    const run = await createRun({
      plugins: {
        student,
        adder,
        exact,
        gate,
        fix,
        watch: [definePlugin(plugin) as Plugin<JsonObject>, options as JsonObject],
        ...(trains === undefined ? {} : { trainer }),
      },
      settings: {
        rollout: { policy: "student", candidates: 2, dialect: "native" },
        ...(trains === undefined ? {} : { stages: { sft: { model: "base" } } }),
      },
      questions: [...sums, ...asked.map((question, n) => ({ id: `asked${n}`, question, answers: ["0"] }))],
    });
    return run.start(this.at, {
      cacheDir: join(this.folder, "cache"),
      observer: { ...observer, incident: (who, what) => void this.incidents.push(`${who}: ${what}`) },
      ...(stop === undefined ? {} : { stop }),
    });
  }

  get at(): string {
    return join(this.folder, "run");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
