/** A policy at a server, and turns to ask it for. */
import { modelServers } from "@autotraj/core";
import { MODEL_SERVERS, POLICY, type Policy, type TurnRequest } from "@autotraj/core/plugin";
import { type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { type FakeOptions, type FakeServer, startFakeOpenAI } from "../../../../test/fake-openai/server.ts";
import plugin from "../src/index.ts";

export type { Fault } from "../../../../test/fake-openai/server.ts";

/** For `apiKey: { $env: "KEY" }`. */
const KEY = "key-of-mine";
const opened: (() => Promise<void>)[] = [];

/** Closes what the tests of a file have opened; for afterEach. */
export async function closeAll(): Promise<void> {
  for (const close of opened.splice(0).reverse()) await close();
}

export async function fake(options: FakeOptions = {}): Promise<FakeServer> {
  const server = await startFakeOpenAI(options);
  opened.push(() => server.close());
  return server;
}

/** Retries come fast here; everything else is as by default. */
export async function setUp(baseURL: string, options: object = {}): Promise<PluginUnderTest & { readonly policy: Policy }> {
  const servers = modelServers();
  opened.push(() => servers.close());
  const services = [[MODEL_SERVERS, servers] as const];
  const setup = await setupPlugin(plugin, { options: { model: "test-model", baseURL, retryDelayMs: 5, ...options }, services, env: { KEY } });
  opened.push(() => setup.dispose());
  return { ...setup, policy: setup.provided(POLICY) };
}

export async function policyAt(baseURL: string, options: object = {}): Promise<Policy> {
  return (await setUp(baseURL, options)).policy;
}

export function turn(overrides: Partial<TurnRequest> = {}): TurnRequest {
  return {
    messages: [
      { role: "system", content: "Use tags." },
      { role: "user", content: "What is 6 times 7?" },
    ],
    continuation: [],
    dialect: "tags",
    tools: [],
    stop: ["</code>", "</answer>"],
    sampling: { temperature: 0.8, topP: 1, topK: 0, maxTokens: 64 },
    seed: 7,
    session: "session",
    ...overrides,
  };
}

/** Turn number `n`: a question of its own. */
export function numbered(n: number): TurnRequest {
  return turn({ messages: [{ role: "user", content: `question ${n}` }] });
}

export const anySignal = { signal: new AbortController().signal };

export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string; hint?: string; endsRun?: boolean }> {
  try {
    await promise;
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error("it did not fail");
}
