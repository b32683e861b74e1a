/** Fake servers and sandboxes that talk to them; all are closed after each test by `closeAll`. */
import { type ExecutionRequest, type ExecutionResult, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
import { type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import type { FusionOptions } from "../src/index.ts";
import plugin from "../src/index.ts";
import { type FakeOptions, type FakeServer, startFakeFusion } from "./fake-server.ts";

const opened: { close(): Promise<void> }[] = [];

export async function closeAll(): Promise<void> {
  for (const { close } of opened.splice(0).reverse()) await close();
}

export async function fake(options: FakeOptions = {}): Promise<FakeServer> {
  const server = await startFakeFusion(options);
  opened.push(server);
  return server;
}

export interface Client {
  readonly sandbox: Sandbox;
  readonly plugged: PluginUnderTest;
  run(code: string, request?: Partial<ExecutionRequest>, signal?: AbortSignal): Promise<ExecutionResult>;
}

/** No packages and short waits, unless options say otherwise. */
export async function client(
  servers: readonly { readonly url: string }[],
  options: Partial<Omit<FusionOptions, "apiKey">> & { readonly apiKey?: { readonly $env: "KEY" } } = {},
): Promise<Client> {
  const urls = servers.map(({ url }) => url);
  const plugged = await setupPlugin(plugin, {
    options: { urls, packages: [], restMs: 20, unavailableMs: 10_000, ...options },
    env: { KEY: "secret-key" },
  });
  opened.push({ close: () => plugged.dispose() });
  const sandbox = plugged.provided(SANDBOX);
  return {
    sandbox,
    plugged,
    run: (code, request = {}, signal = new AbortController().signal) =>
      sandbox.execute({ code, timeoutMs: 10_000, memoryMiB: 1024, ...request }, { signal }),
  };
}

/** What a promise is rejected with; fails where it is not. */
export async function refusal(promise: Promise<unknown>): Promise<Error & { readonly code?: string; readonly hint?: string }> {
  const value = await promise.then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  if ("error" in value) return value.error as Error;
  throw new Error(`expected a refusal, got ${JSON.stringify(value.result)}`);
}
