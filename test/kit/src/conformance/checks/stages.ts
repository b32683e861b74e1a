/** What stages owe, in whole runs: a small loop with the kit's stand-ins, then the stage. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { artifactOf, createRun, isAutoTrajError, messageOf } from "@autotraj/core";
import { DIALECTS, definePlugin, type JsonObject, type Plugin, type PluginKind, POLICY, ROLLOUT, STAGE, type Stage } from "@autotraj/core/plugin";
import { stageSettings } from "../../plugin-under-test.ts";
import type { Bench } from "../bench.ts";
import type { Check } from "../check.ts";
import { complain, inWords, NotAsked } from "../complaint.ts";
import { brief } from "../differences.ts";
import { givenScore, plainQuestions } from "../samples.ts";
import { policy } from "../stand-ins.ts";
import { isUnstarted } from "./when.ts";

const base: Pick<Check, "group" | "kinds" | "skips"> = { group: "stage", kinds: ["stage"], skips: isUnstarted };
const BEGUN = "does what its kind is for";

async function stagesOf(bench: Bench): Promise<readonly Stage[]> {
  return [...(await bench.shared()).offered(STAGE).values()];
}

const takesSettings: Check = {
  ...base,
  name: "takes the settings of its stage",
  needs: [BEGUN],
  async run(bench) {
    const subject = await bench.shared();
    for (const { name } of await stagesOf(bench)) {
      try {
        stageSettings({ taps: [], providedAll: (token) => subject.offered(token) }, name, bench.cases.settings?.[name] ?? {});
      } catch (error) {
        complain(`${messageOf(error).split("\n").join(" ")} (give settings in cases.settings by the stage's name)`);
      }
    }
  },
};

const works: Check = {
  ...base,
  name: "does its work in a run",
  needs: [takesSettings.name],
  run: (bench) => inFolder(async (folder) => void (await doneIn(bench, join(folder, "run")))),
};

const keyed: Check = {
  ...base,
  name: "has the same key in every run",
  needs: [works.name],
  async run(bench) {
    await inFolder(async (folder) => {
      const [first, second] = [await doneIn(bench, join(folder, "one")), await doneIn(bench, join(folder, "two"))];
      const kept = Object.entries(first).filter(([, key]) => key !== undefined);
      if (kept.length === 0) throw new NotAsked("it leaves no artifact: it is done whenever it is asked for");
      for (const [name, key] of kept) {
        if (second[name] !== key)
          complain(`stage ${name}: of the same run it has another key each time: something in its \`parts\` changes by itself (a time, a path)`);
      }
    });
  },
};

export const STAGES: readonly Check[] = [takesSettings, works, keyed];

/** The keys of what its stages left in a run of their own. */
async function doneIn(bench: Bench, runDir: string): Promise<Readonly<Record<string, string | undefined>>> {
  const stages = await stagesOf(bench);
  const { options = {}, settings = {}, baseDir, env, cacheDir } = bench.cases;
  const where = { ...(baseDir === undefined ? {} : { baseDir }), ...(env === undefined ? {} : { env }) };
  try {
    const run = await createRun({
      ...where,
      plugins: { writer, exact, gate, repairer, ...trainersFor(stages), "under-test": [bench.plugin, options] },
      settings: { rollout: { policy: "writer", candidates: 2 }, stages: Object.fromEntries(stages.map(({ name }) => [name, settings[name] ?? {}])) },
      questions: plainQuestions(bench.cases.questions).map(({ query }) => query),
    });
    await run.start(runDir, cacheDir === undefined ? {} : { cacheDir });
  } catch (error) {
    if (isAutoTrajError(error) && error.code === "ATRAJ_STAGE_INPUT" && saysItself(error.parts.cause))
      throw new NotAsked(`the kit's small run has not what it needs: ${inWords(error)}`);
    complain(inWords(error));
  }
  return Object.fromEntries(stages.map(({ name }) => [name, artifactOf(runDir, name)?.key]));
}

/** What a stage or the kernel finds missing is said on purpose; anything else is a fault of the stage. */
function saysItself(cause: unknown): boolean {
  return cause === undefined || (cause as Error).name === "PluginError";
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "autotraj-conformance-"));
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const standIn = (name: string, kind: PluginKind, setup: Plugin<JsonObject>["setup"]) =>
  definePlugin<JsonObject>({
    meta: {
      name,
      apiVersion: 1,
      kind,
      description: `${brief(name)} of the test kit`,
      options: { type: "object", additionalProperties: false, properties: {} },
    },
    setup,
  });

const writer = standIn("stand-in-policy", "policy", (api) => api.provide(POLICY, policy));
const exact = standIn("stand-in-scorer", "scorer", (api) =>
  api.hooks.score.tapPromise({ dimensions: { correctness: { description: "the answer is one of the gold answers" } } }, async (batch) =>
    batch.map(({ trajectory }) => ({ correctness: givenScore("correctness", trajectory) })),
  ),
);
const gate = standIn("stand-in-gate", "gate", (api) =>
  api.hooks.shouldRepair.tapPromise({ needs: ["correctness"] }, async ({ items }) =>
    items.map(({ scores: { correctness } }) =>
      correctness !== undefined && "value" in correctness && correctness.value === 1
        ? { decision: "keep", reason: "right", cause: "right" }
        : { decision: "repair", reason: "wrong", cause: "wrong" },
    ),
  ),
);

/** Knows the gold answers: the run has preference pairs. */
const repairer = standIn("stand-in-repairer", "repairer", (api) => {
  const rollout = api.use(ROLLOUT);
  const tags = api.use(DIALECTS).get("tags");
  api.hooks.repair.tapPromise({}, async ({ request, original }, { signal }) => {
    const [answer] = request.query.answers;
    if (answer === undefined) return undefined;
    const text = `<think>I look again.</think>\n<answer>The final answer is \\boxed{${answer}}</answer>`;
    const turns = [tags.parse({ text, finish: "stop" }, [], "call-0").message];
    return rollout.replay(request, { key: `right ${original.trajectory.id}`, turns, answer, provenance: { origin: "repair" }, signal });
  });
});

/** Leaves a folder that looks like a model. */
function trainersFor(stages: readonly Stage[]): Readonly<Record<string, Plugin<JsonObject>>> {
  const trained = [...new Set(stages.flatMap(({ trains }) => trains ?? []))];
  const settings = { type: "object", additionalProperties: false, properties: {} } as const;
  return Object.fromEntries(
    trained.map((stageName) => [
      `trainer-${stageName}`,
      standIn(`stand-in-trainer-${stageName}`, "trainer", (api) =>
        api.hooks.train.tapPromise({ stageName, settings }, async ({ dir }) => {
          writeFileSync(join(dir, "config.json"), "{}");
          return { modelPath: dir, kind: stageName === "reward-model" ? "reward" : "causal", metrics: { steps: 1 } };
        }),
      ),
    ]),
  );
}
