import { SANDBOX_SERVER, type Sandbox, SECRETS, type Served } from "@autotraj/core/plugin";
import { type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import plugin from "../src/index.ts";

/** Code that does what its first word says. */
const SANDBOX: Sandbox = {
  ...{ isolation: "parrot", strength: 1, packages: [], sessions: false },
  selfTest: () => Promise.resolve({ ok: true } as const),
  async execute({ code, timeoutMs, memoryMiB }, { signal }) {
    if (code.startsWith("break")) throw new Error("the key s3cret was refused");
    if (code.startsWith("wait")) await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    return { status: "ok", stdout: `${code} ${timeoutMs} ${memoryMiB}`, stderr: "", durationMs: 1, truncatedBytes: 0 };
  },
};

describe("the plugin @autotraj/server-sandbox", () => {
  let plugged: PluginUnderTest;
  let served: Served;
  const serve = async (options: object = {}, token?: string) => {
    const hide = (text: string) => text.replaceAll("s3cret", "<hidden>");
    plugged = await setupPlugin(plugin, { options, services: [[SECRETS, { hide }]] });
    served = await plugged.provided(SANDBOX_SERVER).serve(SANDBOX, token === undefined ? {} : { token });
  };
  afterEach(() => plugged.dispose());

  interface Answer {
    readonly status: string;
    readonly message: string;
    readonly run_result: { readonly stdout: string } | null;
    readonly detail?: string;
  }
  const run = async (request: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> => {
    const body = JSON.stringify({ language: "python", ...request });
    const response = await fetch(`${served.url}/run_code`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
    return (await response.json()) as Answer;
  };

  it("lends the sandbox on this machine only, within its limits", async () => {
    await serve({ maxTimeoutMs: 2_000, maxMemoryMiB: 300 });
    expect(served.url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await run({ code: "say", run_timeout: 2, memory_limit_MB: 300 })).run_result?.stdout).to.equal("say 2000 300");
    expect((await run({ code: "say", run_timeout: 3 })).detail).to.contain("at most 2");
    expect((await run({ code: "say", run_timeout: 1, memory_limit_MB: 301 })).detail).to.contain("at most 300");
  });

  it("asks for the token it is given", async () => {
    await serve({}, "mine");
    expect((await run({ code: "say" })).detail).to.equal("a bearer token is needed");
    expect((await run({ code: "say" }, { authorization: "Bearer mine" })).status).to.equal("Success");
  });

  it("shows no secret to clients, nor to its operator", async () => {
    await serve();
    expect(await run({ code: "break" })).to.include({ status: "SandboxError", message: "the key <hidden> was refused" });
    expect(plugged.warnings).to.deep.equal(["the key <hidden> was refused"]);
  });

  it("ends what runs when it is disposed of", async () => {
    await serve();
    const cutOff = run({ code: "wait" }).catch(() => "cut off");
    const load = async () => (await (await fetch(`${served.url}/healthz`)).json()) as { running: number };
    while ((await load()).running === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await plugged.dispose();
    expect(await cutOff).to.equal("cut off");
    expect(plugged.warnings).to.deep.equal([]);
  });
});
