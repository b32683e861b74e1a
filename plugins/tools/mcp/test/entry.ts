/** Starts one entry of the plugin, with all the tools it provides. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type JsonObject, PluginError, TOOL, type Tool, type ToolContext, type ToolResult } from "@autotraj/core/plugin";
import { setupPlugin } from "@autotraj/testkit";
import plugin from "../src/index.ts";

const require = createRequire(import.meta.url);

/** The program of a server from npm. */
export const EVERYTHING = require.resolve("@modelcontextprotocol/server-everything/dist/index.js");
export const MEMORY = require.resolve("@modelcontextprotocol/server-memory/dist/index.js");
const FAULTY = join(import.meta.dirname, "faulty-server.mjs");

export interface Entry {
  readonly tools: ReadonlyMap<string, Tool>;
  readonly warnings: readonly string[];
  call(name: string, args?: JsonObject, context?: { session?: string; history?: ToolContext["history"]; signal?: AbortSignal }): Promise<ToolResult>;
  dispose(): Promise<void>;
}

type Texts = Readonly<Record<string, string>>;
export interface StartOptions {
  readonly [option: string]: unknown;
  readonly secretEnv?: Texts;
  readonly headers?: Texts;
}

const entries: Pick<Entry, "dispose">[] = [];
const folders: string[] = [];

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "autotraj-mcp-test-"));
  folders.push(folder);
  return folder;
}

/** Ends what a test has started, also after a failure. */
export async function cleanUp(): Promise<void> {
  await Promise.all(entries.splice(0).map((entry) => entry.dispose()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

/** Secrets come to it as in a preset: from the environment. */
export async function startEntry({ secretEnv, headers, ...options }: StartOptions): Promise<Entry> {
  const named = (texts: Texts) => Object.fromEntries(Object.keys(texts).map((name) => [name, { $env: name }]));
  const secrets = Object.entries({ secretEnv, headers }).flatMap(([option, texts]) => (texts === undefined ? [] : [[option, named(texts)]]));
  const given = { ...options, ...Object.fromEntries(secrets) };
  const plugged = await setupPlugin(plugin, { options: given, env: { ...secretEnv, ...headers }, baseDir: import.meta.dirname });
  entries.push(plugged);
  await plugged.start();
  const tools = plugged.providedAll(TOOL);
  return {
    tools,
    warnings: plugged.warnings,
    call(name, args = {}, { session = "s", history = [], signal = new AbortController().signal } = {}) {
      const tool = tools.get(name);
      if (tool === undefined) throw new Error(`there is no tool ${name}; there are ${[...tools.keys()].join(", ")}`);
      return tool.call(args, { session, earlier: [], history, signal });
    },
    dispose: plugged.dispose,
  };
}

/** The misbehaving server, with a journal of what it was sent. */
export async function startFaulty(options: StartOptions = {}, env: Texts = {}): Promise<Entry & { journal(): readonly Sent[] }> {
  const folder = newFolder();
  const journal = join(folder, "journal");
  const entry = await startEntry({
    command: process.execPath,
    args: [FAULTY],
    env: { JOURNAL: journal, MARK: join(folder, "mark"), ...env },
    restart: { delayMs: 0 },
    ...options,
  });
  return {
    ...entry,
    journal: () =>
      readFileSync(journal, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Sent),
  };
}

/** A message the server got. */
export interface Sent {
  readonly id?: number;
  readonly method: string;
  readonly params?: { readonly name?: string; readonly arguments?: JsonObject; readonly requestId?: number };
}

/** Names of the tools that were called, in order. */
export function called(sent: readonly Sent[]): readonly string[] {
  return sent.flatMap(({ method, params }) => (method === "tools/call" ? [params?.name ?? ""] : []));
}

/** Waits until this holds; a test's own time limit ends the waiting. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // One that nobody has waited for is as dead, but still has its number.
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

/** What starting or calling it threw: the plugin's own error, where the kernel's stands before it. */
export async function failure(start: () => Promise<unknown>): Promise<Error & { code?: string; hint?: string }> {
  try {
    await start();
  } catch (error) {
    const thrown = error as Error;
    return thrown.cause instanceof PluginError ? thrown.cause : thrown;
  }
  throw new Error("it did not fail");
}
