/** What trainers owe: plans that follow from the job, readable progress, and a failure where the process failed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join, normalize } from "node:path";
import { messageOf } from "@autotraj/core";
import type { JsonObject, LaunchPlan, Train, TrainJob, TrainTapOptions } from "@autotraj/core/plugin";
import { stageSettings } from "../../plugin-under-test.ts";
import { type Bench, settled } from "../bench.ts";
import { timeLimit } from "../cases.ts";
import type { Check } from "../check.ts";
import { complain, inWords, NotAsked } from "../complaint.ts";
import { brief, firstDifference } from "../differences.ts";
import { runWith } from "../inquiries/inquiry.ts";
import { plainQuestions, type Question } from "../samples.ts";
import type { Subject } from "../subject.ts";
import { isUnstarted } from "./when.ts";

const base: Pick<Check, "group" | "kinds" | "skips"> = { group: "trainer", kinds: ["trainer"], skips: isUnstarted };
const BEGUN = "does what its kind is for";
const ROWS = 8;
const KERNELS_OWN = /^(?:job\.json|artifact\.json|process\.log|data)(?:$|[/\\])/i;

interface Trained {
  readonly stage: string;
  readonly train: Train;
  readonly settings: Readonly<JsonObject>;
}

function trainings(bench: Bench, { taps }: Subject): readonly Trained[] {
  return taps
    .filter(({ hook }) => hook === "train")
    .map(({ options, fn }) => {
      const { stageName } = options as unknown as TrainTapOptions & { readonly stageName: string };
      const plugged = { taps: taps.map((tap) => ({ ...tap, tap: tap.fn })), providedAll: () => new Map() };
      const settings = stageSettings(plugged, stageName, bench.cases.settings?.[stageName] ?? {});
      return { stage: stageName, train: fn as unknown as Train, settings };
    });
}

const takesSettings: Check = {
  ...base,
  name: "takes its settings",
  needs: [BEGUN],
  async run(bench) {
    try {
      trainings(bench, await bench.shared());
    } catch (error) {
      complain(`${messageOf(error).split("\n").join(" ")} (give settings in cases.settings by the stage's name)`);
    }
  },
};

/** What a training came to: the plans it launched, and how it ended. */
interface Training {
  readonly plans: readonly LaunchPlan[];
  readonly failure?: unknown;
  readonly overran?: true;
}

class Ended extends Error {}

/** Trains in a folder of its own; a process is not started but fails. */
async function trained(bench: Bench, { stage, train, settings }: Trained, dir: string): Promise<Training> {
  const plans: LaunchPlan[] = [];
  const job: TrainJob = {
    ...{ stage, options: settings, model: modelIn(dir), dir, seed: 7, data: dataIn(dir, stage) },
    ...(stage === "rl" ? { service: { url: "http://127.0.0.1:9", token: "a token of the test kit" } } : {}),
    async launch(plan) {
      plans.push(plan);
      throw new Ended("the process failed");
    },
  };
  const came = await settled(async () => train(job, runWith()), timeLimit(bench.cases));
  if (came === "overran") return { plans, overran: true };
  return "error" in came ? { plans, failure: came.error } : { plans };
}

/** Rows as the stage's contract has them: `sft` trajectories, `reward-model` pairs, `rl` tasks. */
function rowsFor(stage: string): readonly unknown[] {
  const questions = plainQuestions();
  return Array.from({ length: ROWS }, (_, index) => {
    const { query, trajectories } = questions[index % questions.length] as Question;
    const [chosen, rejected] = trajectories;
    if (stage === "reward-model") return { query, chosen, rejected };
    if (stage !== "rl") return { ...chosen, scores: {}, verdict: null };
    const limits = { sampling: { temperature: 1, topP: 1, topK: 0, maxTokens: 64 }, maxToolCalls: 2, maxTurns: 4 };
    return { id: query.id, query, messages: chosen?.messages.slice(0, 2), dialect: "tags", tools: [], stop: ["</answer>"], ...limits };
  });
}

/** A folder that looks like a model. */
function modelIn(dir: string): string {
  const model = join(dir, "start");
  mkdirSync(model, { recursive: true });
  writeFileSync(join(model, "config.json"), '{ "model_type": "llama", "architectures": ["LlamaForCausalLM"] }');
  return model;
}

function dataIn(dir: string, stage: string): TrainJob["data"] {
  const data = join(dir, "data");
  mkdirSync(data, { recursive: true });
  const [train, heldOut, pairs] = ["train.jsonl", "held-out.jsonl", "pairs.jsonl"].map((name) => join(data, name)) as [string, string, string];
  const write = (file: string, values: readonly unknown[]) => writeFileSync(file, values.map((value) => `${JSON.stringify(value)}\n`).join(""));
  write(train, rowsFor(stage));
  write(heldOut, []);
  if (stage !== "rl") return { train, heldOut };
  write(pairs, rowsFor("reward-model"));
  return { train, heldOut, pairs };
}

/** Of every stage that it trains, in a folder that is gone afterwards. */
async function ofEach(bench: Bench, look: (stage: string, train: () => Promise<Training>) => Promise<void>): Promise<void> {
  for (const one of trainings(bench, await bench.shared())) {
    const dir = mkdtempSync(join(tmpdir(), "autotraj-conformance-"));
    try {
      await look(one.stage, () => trained(bench, one, dir));
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }
}

const plans: Check = {
  ...base,
  name: "plans what can be run",
  needs: [takesSettings.name],
  async run(bench) {
    let many = 0;
    await ofEach(bench, async (stage, train) => {
      const training = await train();
      if (training.overran === true)
        complain(`stage ${stage}: it has neither launched a process nor ended within ${timeLimit(bench.cases) / 1000} s`);
      if (training.plans.length === 0 && (training.failure as Error | undefined)?.name === "PluginError")
        throw new NotAsked(`stage ${stage}: it says why it cannot train here: ${inWords(training.failure)}`);
      if (training.plans.length === 0 && training.failure !== undefined)
        complain(`stage ${stage}: it fails before it launches anything: ${inWords(training.failure)}`);
      for (const plan of training.plans) {
        many++;
        const wrong = wrongPlan(plan);
        if (wrong !== undefined) complain(`stage ${stage}: ${wrong}`);
      }
    });
    if (many === 0) throw new NotAsked("it trains without a process of its own");
  },
};

function wrongPlan({ files, argv, env, progressFile, progress, exclusive }: LaunchPlan): string | undefined {
  const outside = Object.keys(files).find((name) => isAbsolute(name) || normalize(name).startsWith(".."));
  if (outside !== undefined) return `its plan writes "${outside}", outside the job's folder`;
  const taken = Object.keys(files).find((name) => KERNELS_OWN.test(normalize(name)));
  if (taken !== undefined) return `its plan writes "${taken}", a name of the kernel's own (job.json, artifact.json, process.log, data/)`;
  if (argv.length === 0 || !argv.every((word) => typeof word === "string")) return `its plan's argv is ${brief(argv)}: a program and its arguments`;
  if (!Object.values(env).every((value) => typeof value === "string")) return "its plan's env has a value that is no text";
  if (typeof progressFile !== "string" || isAbsolute(progressFile))
    return `its plan's progressFile is ${brief(progressFile)}: a path from the job's folder`;
  if (typeof exclusive !== "boolean") return "its plan does not say whether it is `exclusive`";
  for (const line of ["", "{", "null", "[]", '{"loss": "nan"}', "\u0000 Traceback", "0".repeat(10_000)]) {
    try {
      progress(line);
    } catch (error) {
      return `its plan's progress throws "${messageOf(error)}" for the line ${brief(line)}: what says nothing is undefined`;
    }
  }
  return undefined;
}

/** @throws NotAsked where it has planned nothing */
function planned({ plans }: Training): readonly LaunchPlan[] {
  if (plans.length > 0) return plans;
  throw new NotAsked("it has launched no process");
}

const samePlan: Check = {
  ...base,
  name: "plans the same for the same job",
  needs: [plans.name],
  async run(bench) {
    await ofEach(bench, async (stage, train) => {
      const [first, second] = [await train(), await train()].map((training) => JSON.parse(JSON.stringify(planned(training))) as unknown);
      const path = firstDifference(first, second);
      if (path !== undefined) complain(`stage ${stage}: its plan for the same job differs at ${path}: a killed job could not go on`);
    });
  },
};

const failing: Check = {
  ...base,
  name: "fails where its process fails",
  needs: [plans.name],
  async run(bench) {
    await ofEach(bench, async (stage, train) => {
      const training = await train();
      planned(training);
      if (training.failure === undefined && training.overran === undefined)
        complain(`stage ${stage}: its process failed, and it says that it has trained: let what launch throws through`);
    });
  },
};

export const TRAINERS: readonly Check[] = [takesSettings, plans, samePlan, failing];
