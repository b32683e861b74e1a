/** A real service over real sockets: fixture plugins, a handful of questions, and a client. */
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { dialects, openPreset, type PlayedPreset, resolvePreset, StopSwitch, withoutSecrets } from "@autotraj/core";
import { HttpService, type ServiceOptions } from "../src/service.ts";

export const TOKEN = "a token that only this test knows";

const core = (name: string) => resolve(import.meta.dirname, "../../../../core/test/fixtures/plugins", `${name}.mjs`);
export const fixture = (name: string): string => resolve(import.meta.dirname, "fixtures", `${name}.mjs`);

const MIB = 2 ** 20;

export type Options = Readonly<Record<string, unknown>>;

export interface Setting {
  readonly rollout?: Options;
  readonly reward?: Options;
  readonly tool?: Options;
  readonly adder?: Options;
  readonly preparer?: Options;
  /** Left out of the preset where false. */
  readonly rewarded?: boolean;
  readonly combine?: "sum" | "paper" | "bounded";
  readonly service?: Partial<ServiceOptions>;
}

/** Writes `demo.json`: an adder, a tool that waits, a scorer, a reward, and the questions `q-0` … `q-5` ("What is 3 + 21?"). */
export function writePreset(
  folder: string,
  { rollout = {}, reward = {}, tool = {}, adder = {}, preparer = {}, rewarded = true, combine = "paper" }: Setting = {},
): void {
  const rows = [0, 1, 2, 3, 4, 5].map((index) => ({ id: `q-${index}`, question: `What is ${index} + ${index * 7}?`, answer: index * 8 }));
  writeFileSync(join(folder, "questions.jsonl"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const preset = {
    queries: { train: "questions.jsonl" },
    reward: { combine },
    // Never asked: the client samples.
    rollout: { policy: "student", ...rollout },
    plugins: {
      student: { use: "@autotraj/policy-openai", options: { model: "none", baseURL: "http://127.0.0.1:9" } },
      prepare: { use: core("picky-preparer"), options: preparer },
      plus: { use: core("adder"), options: { journal: join(folder, "adder.jsonl"), ...adder } },
      hold: { use: fixture("held-tool"), options: { heldWhile: join(folder, "held"), ...tool } },
      exact: { use: core("exact-scorer") },
      ...(rewarded ? { right: { use: fixture("right-reward"), options: { journal: join(folder, "judged.jsonl"), ...reward } } } : {}),
    },
  };
  writeFileSync(join(folder, "demo.json"), JSON.stringify(preset, null, 1));
}

export function newFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), "autotraj-serve-")));
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at by tests that know their shape
export type Json = any;

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body, undefined where it is no JSON. */
  readonly body: Json;
}

export class Served {
  readonly folder: string;
  readonly url: string;
  readonly service: HttpService;
  readonly played: PlayedPreset;
  readonly stop: StopSwitch;
  /** What the service complained of. */
  readonly failures: readonly string[];

  private constructor(parts: Pick<Served, "folder" | "url" | "service" | "played" | "stop" | "failures">) {
    this.folder = parts.folder;
    this.url = parts.url;
    this.service = parts.service;
    this.played = parts.played;
    this.stop = parts.stop;
    this.failures = parts.failures;
  }

  static async start(setting: Setting = {}): Promise<Served> {
    const folder = newFolder();
    writePreset(folder, setting);
    const stop = new StopSwitch();
    const failures: string[] = [];
    const say = (message: string) => void failures.push(message);
    const preset = await resolvePreset("./demo.json", { cwd: folder });
    const played = await openPreset(preset, { runDir: join(folder, "run"), cacheDir: join(folder, "cache"), stop, say });
    const service = new HttpService({
      ...{ episodes: played.episodes, tasks: played.tasks, dialects, secrets: { hide: withoutSecrets }, token: TOKEN },
      ...{ maxBodyBytes: 64 * MIB, maxInFlight: 4096, timeoutMs: 300_000, remember: 100_000, gymInvalid: "refuse" },
      protocols: ["openrlhf", "llamafactory", "gym"],
      onFailure: say,
      ...setting.service,
    });
    const url = await service.listen("127.0.0.1", 0);
    return new Served({ folder, url, service, played, stop, failures });
  }

  async close(): Promise<void> {
    await this.service.close();
    await this.played.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async ask(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
    return ask(this.url, method, path, body, { authorization: `Bearer ${TOKEN}`, ...headers });
  }

  async post(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Json> {
    const reply = await this.ask("POST", path, body, headers);
    if (reply.status !== 200) throw new Error(`${path} answered ${reply.status}: ${reply.text}`);
    return reply.body;
  }

  async get(path: string): Promise<Json> {
    return (await this.ask("GET", path)).body;
  }

  async begin(task: string, key?: string): Promise<string> {
    const { items } = await this.post("/v1/sessions", { items: [{ task, ...(key === undefined ? {} : { key }) }] });
    return items[0].session;
  }

  /** One sample's score. */
  async score(item: object): Promise<Json> {
    return (await this.post("/v1/score", { items: [item] })).items[0];
  }

  /** A metric's value by its name and labels as they stand in the text. */
  async metric(name: string): Promise<number> {
    const { text } = await this.ask("GET", "/metrics");
    const row = text.split("\n").find((line) => line.startsWith(`${name} `));
    if (row === undefined) throw new Error(`there is no metric ${name} in\n${text}`);
    return Number(row.slice(name.length));
  }

  hold(): void {
    writeFileSync(join(this.folder, "held"), "");
  }

  release(): void {
    rmSync(join(this.folder, "held"));
  }

  /** The lines of a fixture's journal. */
  journal(name: "adder" | "judged"): Json[] {
    try {
      return readFileSync(join(this.folder, `${name}.jsonl`), "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
    } catch (error) {
      if ((error as { code?: string }).code === "ENOENT") return [];
      throw error;
    }
  }
}

export async function ask(url: string, method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Reply> {
  const content = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
  const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(`${url}${path}`, { method, headers: { ...type, ...headers }, ...content });
  const text = await response.text();
  const json = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined };
}

/** Waits until this holds. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((done) => setTimeout(done, 5));
}

export const ADD = (a: number, b: number): string => `<think>I add.</think>\n<add>${a} ${b}</add>`;
export const ANSWER = (value: number): string => `<think>So.</think>\n<answer>\\boxed{${value}}</answer>`;
