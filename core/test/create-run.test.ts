import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import {
  definePlugin,
  EPISODE_SERVER,
  FORMAT,
  type JsonObject,
  type Plugin,
  type PluginKind,
  POLICY,
  REWARD_MODEL,
  SANDBOX,
  STAGE,
  type Stage,
  TOOL,
} from "../src/kernel/plugin.ts";
import { contentHash } from "../src/kernel/trajectory/identity.ts";
import { artifactOf } from "../src/results/artifact.ts";
import { createRun } from "../src/run/create-run.ts";
import { readSummary } from "../src/run/run.ts";
import { failureOf } from "./support/failures.ts";

type Setup = Plugin<JsonObject>["setup"];
const plugin = (name: string, kind: PluginKind, setup: Setup, properties: Record<string, JsonObject> = {}): Plugin<JsonObject> =>
  definePlugin<JsonObject>({
    meta: { name, apiVersion: 1, kind, description: name, options: { type: "object", additionalProperties: false, properties } },
    setup,
  });

/** Adds with its tool, wrongly in every second candidate. */
const student = plugin("student", "policy", (api) =>
  api.provide(POLICY, {
    model: "adder",
    identity: "adder 1",
    dialects: ["tags"],
    deterministic: true,
    async generate({ messages, continuation, seed }) {
      const [a, b] = String(messages.at(-1)?.content).match(/\d+/g) ?? [];
      const asked = continuation.at(-1)?.text.match(/-?\d+/)?.[0];
      const answer = seed % 2 === 0 ? asked : 7;
      return {
        text: asked === undefined ? `<add>${a} ${b}</add>` : `<answer>\\boxed{${answer}}</answer>`,
        finish: "stop",
        usage: { promptTokens: 1, cachedTokens: 0, completionTokens: 1 },
      };
    },
  }),
);
const adder = plugin("adder", "tool", (api) =>
  api.provide(TOOL, {
    definition: {
      name: "add",
      description: "Adds.",
      parameters: { type: "object", properties: { sum: { type: "string" } } },
      tag: { name: "add", argument: "sum" },
    },
    identity: "add 1",
    async call(args) {
      const sum = String(args["sum"])
        .split(" ")
        .reduce((total, part) => total + Number(part), 0);
      return { content: String(sum), ok: true, durationMs: 0 };
    },
  }),
);
const exact = plugin("exact", "scorer", (api) =>
  api.hooks.score.tapPromise({ dimensions: { correctness: { description: "right" } } }, async (batch) =>
    batch.map(({ trajectory, query }) => ({ correctness: { value: query.answers?.includes(trajectory.answer ?? "") ? 1 : 0 } })),
  ),
);
const gate = plugin("gate", "gate", (api) =>
  api.hooks.shouldRepair.tapPromise({ needs: ["correctness"] }, async ({ items }) =>
    items.map(({ scores }) => {
      const right = scores["correctness"];
      const isRight = right !== undefined && "value" in right && right.value === 1;
      return isRight ? { decision: "keep", reason: "right" } : { decision: "repair", reason: "wrong" };
    }),
  ),
);
const preparer = plugin("prepare", "preparer", (api) => api.hooks.beforeRollout.tapPromise({}, async (request) => ({ ...request, system: "Add." })));
const repairer = plugin("fix", "repairer", (api) => api.hooks.repair.tapPromise({ attempts: 1 }, async () => undefined));
const reward = plugin("outcome", "reward", (api) =>
  api.hooks.reward.tapPromise({ role: "outcome", needs: ["correctness"] }, async (batch) =>
    batch.map(({ scores }) => scores["correctness"] ?? { failed: "not scored" }),
  ),
);
const judge = plugin("judge", "reward-model", (api) =>
  api.provide(REWARD_MODEL, { load: async () => {}, score: async (trajectories) => trajectories.map(() => 1) }),
);
const format = plugin("lines", "format", (api) => api.provide(FORMAT, { description: "Lines", sft: ({ id }) => ({ id }) }));
const sandbox = plugin("box", "sandbox", (api) =>
  api.provide(SANDBOX, {
    isolation: "none",
    strength: 0,
    packages: [],
    sessions: false,
    selfTest: async () => ({ ok: true }),
    execute: async () => ({ status: "ok", stdout: "", stderr: "", durationMs: 0, truncatedBytes: 0 }),
  }),
);
const server = plugin("server", "server", (api) =>
  api.provide(EPISODE_SERVER, {
    reservedToolNames: new Set<string>(),
    serve: async () => ({ url: "http://127.0.0.1:1", token: "t", drain: async () => {}, close: async () => {} }),
  }),
);
const trainer = plugin("trainer", "trainer", (api) =>
  api.hooks.train.tapPromise(
    {
      stageName: "sft",
      settings: { type: "object", additionalProperties: false, properties: { epochs: { type: "integer", default: 1, description: "Passes." } } },
    },
    async ({ dir, options }) => {
      writeFileSync(join(dir, "config.json"), JSON.stringify(options));
      return { modelPath: dir, kind: "causal", metrics: {} };
    },
  ),
);

const questions = [1, 2, 3, 4].map((n) => ({ id: `q${n}`, question: `What is ${n} + ${n}?`, answers: [String(2 * n)] }));
const settings = { rollout: { policy: "student", candidates: 2 } } as const;
const PLUGINS = { prepare: preparer, student, adder, exact, gate, fix: repairer };

describe("a run written as a program", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "autotraj-create-")));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const at = () => join(folder, "run");
  const cacheDir = () => join(folder, "cache");

  it("does the loop and trains, with a plugin of each kind and without any preset", async () => {
    const plugins = { ...PLUGINS, outcome: reward, judge, lines: format, box: sandbox, server, trainer };
    const run = await createRun({ plugins, settings: { ...settings, stages: { sft: { model: "base", epochs: 3 } } }, questions });
    const { summary, files } = await run.start(at(), { cacheDir: cacheDir() });
    expect(summary.funnel).to.include({ queries: 4, candidates: 8 });
    expect(summary.funnel.kept).to.be.within(1, 7);
    expect(summary.stages["sft"]).to.include({ trainer: "trainer" });
    expect(readFileSync(files.sft, "utf8").split("\n").filter(Boolean)).to.have.length(summary.stages["sft"]?.rows?.train ?? 0);
    expect(JSON.parse(readFileSync(join(at(), "models", "sft", "config.json"), "utf8"))).to.deep.equal({ epochs: 3 });
    const again = await run.start(at(), { cacheDir: cacheDir() });
    expect(again.summary.funnel).to.deep.equal(summary.funnel);
  });

  it("is checked as strictly as a preset, all at once", async () => {
    const wrong = createRun({ plugins: { ...PLUGINS, exact: [exact, { colour: "red" }], student: [student, { size: 3 }] }, settings });
    const { code, message } = await failureOf(wrong);
    expect(code).to.equal("ATRAJ_OPTIONS_INVALID");
    expect(message).to.contain("plugins.exact.options.colour").and.contain("plugins.student.options.size");
    expect((await failureOf(createRun({ plugins: PLUGINS, settings: { rollout: { candidates: 0 } } }))).message).to.contain("rollout.candidates");
    expect((await failureOf(createRun({ plugins: { ...PLUGINS, odd: {} as Plugin<JsonObject> }, settings }))).code).to.equal("ATRAJ_PLUGIN_INVALID");
  });

  it("says once which of its plugins their authors give up", async () => {
    const old = (name: string, deprecated: { since: string; replacedBy?: string }): Plugin<JsonObject> => {
      const { meta, setup } = plugin(name, "format", (api) => api.provide(FORMAT, { description: "Lines", sft: ({ id }) => ({ id }) }));
      return { meta: { ...meta, deprecated }, setup };
    };
    const [lines, rows] = [old("autotraj-format-lines", { since: "2.0", replacedBy: "@x/rows" }), old("autotraj-format-rows", { since: "3.1" })];
    const run = await createRun({ plugins: { ...PLUGINS, one: lines, two: lines, rows }, settings, questions });
    const told: string[] = [];
    const { summary } = await run.start(at(), { cacheDir: cacheDir(), observer: { info: (message) => told.push(message) } });
    const lost = [
      "[ATRAJ_DEPRECATED_PACKAGE] autotraj-format-lines is deprecated since 2.0; use @x/rows.",
      "[ATRAJ_DEPRECATED_PACKAGE] autotraj-format-rows is deprecated since 3.1.",
    ];
    expect(told.filter((line) => line.includes("deprecated"))).to.deep.equal(lost);
    const log = readFileSync(join(at(), "log.jsonl"), "utf8").split("\n").filter(Boolean);
    const infos = log.map((line) => JSON.parse(line)).filter(({ event }) => event === "info");
    expect(infos.map(({ message }) => message)).to.include.members(lost);
    expect(summary.incidentsBy).not.to.have.any.keys("autotraj-format-lines", "autotraj-format-rows", "plugin");
  });

  it("hands out its plugins for those who call them themselves", async () => {
    const session = await (await createRun({ plugins: PLUGINS, settings, questions })).open({ cacheDir: cacheDir() });
    try {
      expect(session.policy("student").model).to.equal("adder");
      expect([...session.lifecycle.scorePlan.dimensions.keys()]).to.deep.equal(["correctness"]);
    } finally {
      await session.dispose();
    }
  });

  describe("with a stage of its own", () => {
    /** Keeps the shortest answers, as many as its settings say; counts how often it worked. */
    const distil = (worked: string[], properties: Record<string, JsonObject> = {}): Plugin<JsonObject> => {
      const stage: Stage = {
        name: "distil",
        settings: {
          type: "object",
          additionalProperties: false,
          properties: { most: { type: "integer", minimum: 1, default: 2, description: "Rows to keep." }, ...properties },
        },
        prepare: async ({ datasets, settings: { most }, dir, contentOf, hashOf }) => ({
          parts: { rows: await contentOf(datasets.sft) },
          madeFrom: { files: [datasets.sft] },
          async run() {
            const rows = readFileSync(datasets.sft, "utf8").split("\n").filter(Boolean).slice(0, Number(most));
            worked.push(hashOf(rows));
            writeFileSync(join(dir, "rows.jsonl"), rows.join("\n"));
            return { metrics: { rows: rows.length } };
          },
        }),
      };
      return plugin("distil", "stage", (api) => api.provide(STAGE, stage));
    };
    const created = (worked: string[], most?: number) =>
      createRun({
        plugins: { ...PLUGINS, distil: distil(worked) },
        settings: { ...settings, stages: { distil: most === undefined ? {} : { most } } },
        questions,
      });

    it("runs it behind the data sets, keeps what it left, and does nothing twice", async () => {
      const worked: string[] = [];
      const { summary } = await (await created(worked)).start(at(), { cacheDir: cacheDir() });
      expect(summary.stages["distil"]).to.deep.include({ metrics: { rows: 2 }, trainer: null, modelPath: null, outOfDate: null });
      await (await created(worked)).start(at(), { cacheDir: cacheDir() });
      expect(worked).to.have.length(1);
      expect(contentHash(readFileSync(join(at(), "stages", "distil", "rows.jsonl"), "utf8").split("\n"))).to.equal(worked[0]);
    });

    it("does it again where its settings have changed, says so, and keeps what there was aside", async () => {
      const worked: string[] = [];
      const said: string[] = [];
      await (await created(worked)).start(at(), { cacheDir: cacheDir() });
      const observer = { info: (message: string) => void said.push(message) };
      await (await created(worked, 1)).start(at(), { cacheDir: cacheDir(), observer });
      expect(worked).to.have.length(2);
      expect(said.find((line) => line.startsWith("stage distil"))).to.match(
        /^stage distil is done again: the setting most changed\. What there was of it lies in distil-/,
      );
    });

    it("is out of date where what it was made from has changed", async () => {
      await (await created([])).start(at(), { cacheDir: cacheDir() });
      const file = join(at(), "datasets", "sft.jsonl");
      writeFileSync(file, `${readFileSync(file, "utf8")}\n`);
      expect(artifactOf(at(), "distil")?.outOfDate).to.equal("datasets/sft.jsonl has changed");
      expect(readSummary(at()).stages["distil"]?.outOfDate).to.equal("datasets/sft.jsonl has changed");
    });

    it("checks its settings, and knows no stage that nobody offers", async () => {
      const start = async (stages: Record<string, JsonObject>) =>
        (await createRun({ plugins: { ...PLUGINS, distil: distil([]) }, settings: { ...settings, stages }, questions })).start(at(), {
          cacheDir: cacheDir(),
        });
      expect((await failureOf(start({ distil: { most: 0 } }))).message).to.contain("stages.distil.most must be at least 1");
      expect((await failureOf(start({ distill: {} }))).message).to.match(
        /no plugin offers the stage "distill"\.\n(?:.*\n)? *Did you mean "distil"\?/,
      );
    });
  });
});
