import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import OpenAI from "openai";
import { type FakeServer, startFakeOpenAI } from "./server.ts";

const ask = (baseURL: string) => new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
const hello = { model: "m", messages: [{ role: "user", content: "hello" } as const] };

describe("the fake OpenAI server", () => {
  let server: FakeServer | undefined;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "fake-openai-"));
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    await rm(folder, { recursive: true });
  });

  it("logs each answer that left as a whole, and no other", async () => {
    const logFile = join(folder, "calls.jsonl");
    server = await startFakeOpenAI({
      logFile,
      answer: ({ before }) => `answer ${before}`,
      fault: ({ before }) => (before === 0 ? { kind: "cut" } : undefined),
    });
    const client = ask(server.baseURL);
    await client.chat.completions.create(hello).catch(() => undefined);
    const { choices } = await client.chat.completions.create(hello);
    expect(choices[0]?.message.content).to.equal("answer 1");
    const rows = (await readFile(logFile, "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as object);
    expect(rows).to.deep.equal([{ number: 1, hash: server.calls[0]?.hash, path: "/v1/chat/completions", text: "answer 1" }]);
    expect([...server.answered.values()]).to.deep.equal([1]);
  });

  it("streams where the client asks for it", async () => {
    server = await startFakeOpenAI({ answer: () => "one two" });
    let text = "";
    for await (const chunk of await ask(server.baseURL).chat.completions.create({ ...hello, stream: true }))
      text += chunk.choices[0]?.delta.content ?? "";
    expect(text).to.equal("one two");
  });

  it("refuses what is beyond its capacity", async () => {
    server = await startFakeOpenAI({ latencyMs: 50, capacity: { calls: 2, status: 429, retryAfter: 3 } });
    const client = ask(server.baseURL);
    const results = await Promise.allSettled([1, 2, 3, 4].map(() => client.chat.completions.create(hello)));
    const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason as InstanceType<typeof OpenAI.APIError>] : []));
    expect(refused.map(({ status, headers }) => [status, headers?.get("retry-after")])).to.deep.equal([
      [429, "3"],
      [429, "3"],
    ]);
  });

  it("runs in a process of its own that ends with its standard input", async () => {
    const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), JSON.stringify({ latencyMs: 1 })], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("close", resolve));
    const line = await new Promise<string>((resolve) => createInterface(child.stdout).once("line", resolve));
    const { choices } = await ask((JSON.parse(line) as { baseURL: string }).baseURL).chat.completions.create(hello);
    expect(choices[0]?.message.content).to.equal("ok");
    child.stdin.end();
    expect(await ended).to.equal(0);
  });
});
