/** Secrets as a user meets them: servers, tools and plugins that repeat what they were given. Nothing of it may be left anywhere. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { type FakeCall, type FakeServer, type Fault, startFakeOpenAI } from "../fake-openai/server.ts";
import { autotraj, type Ended } from "./command.ts";
import { addUp, datasetsOf, fixture, newFolder, writeQuestions } from "./sums.ts";

const KEY = 'sk-7"q\\u+1/x9-ZZ%41';
const TOKEN = "tök\"en\\with 'spaces' & 100%";

const plugin = (name: string): string => resolve(import.meta.dirname, "plugins", `${name}.mjs`);

/** How programs write a text down. Base64 without the ends, which depend on what stands around it. */
function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const url = encodeURIComponent(secret);
  const base64 = [0, 1, 2].map((before) =>
    Buffer.from("x".repeat(before) + secret)
      .toString("base64")
      .slice(4, -4),
  );
  return [
    ...[secret, json, JSON.stringify(json).slice(1, -1), json.replaceAll("ö", "\\u00f6")],
    ...[url, url.replaceAll(/%\w\w/g, (byte) => byte.toLowerCase()), url.replaceAll("%20", "+"), encodeURI(secret)],
    ...base64.flatMap((text) => [text, text.replaceAll("+", "-").replaceAll("/", "_")]),
  ];
}

function leaksIn(text: string): string[] {
  return [KEY, TOKEN].flatMap(formsOf).filter((form) => text.includes(form));
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
  );
}

function expectClean(runDir: string, ...outputs: readonly Ended[]): void {
  for (const file of filesBelow(runDir)) expect(leaksIn(readFileSync(file, "utf8")), file).to.deep.equal([]);
  for (const { stdout, stderr } of outputs) expect(leaksIn(`${stdout}\n${stderr}`), stdout + stderr).to.deep.equal([]);
}

describe("secrets", function () {
  this.timeout(120_000);
  let folder: string;
  let server: FakeServer;
  let fault: (call: FakeCall) => Fault | undefined;

  beforeEach(async () => {
    folder = newFolder();
    fault = () => undefined;
    Object.assign(process.env, { TEST_KEY: KEY, TEST_TOKEN: TOKEN });
    server = await startFakeOpenAI({
      fault: (call) => fault(call),
      answer: (call) => addUp(call).replace(/#[0-9a-f]+/, `I was called with ${call.headers.authorization} and ${JSON.stringify(call.headers)}`),
    });
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
    for (const name of ["TEST_KEY", "TEST_TOKEN"]) delete process.env[name];
  });

  function writePreset(): void {
    writeQuestions(folder, 6);
    const options = { model: "adder", baseURL: server.baseURL, apiKey: { $env: "TEST_KEY" }, maxRetries: 0, retryDelayMs: 1 };
    const preset = {
      queries: { train: "questions.jsonl" },
      rollout: { policy: "student", candidates: 2, inFlight: 4 },
      plugins: {
        plus: { use: plugin("printing-tool") },
        student: { use: "@autotraj/policy-openai", options },
        exact: { use: fixture("exact-scorer") },
        told: { use: plugin("telling-scorer"), options: { token: { $env: "TEST_TOKEN" } } },
        gate: { use: fixture("right-gate") },
        fix: { use: "@autotraj/repairer-llm", options: { policy: "student", attempts: 1, exemplars: 0 } },
      },
    };
    writeFileSync(join(folder, "demo.json"), JSON.stringify(preset, null, 1));
  }

  /** Refuses all calls on this question, and says with what it was asked. */
  function refusing(question: string): (call: FakeCall) => Fault | undefined {
    return ({ body, headers: { authorization = "" } }) => {
      if (!String(body.prompt).includes(question)) return undefined;
      const basic = Buffer.from(`me:${authorization.slice("Bearer ".length)}`).toString("base64");
      return {
        kind: "status",
        status: 400,
        message: `bad ${authorization}, ${JSON.stringify({ authorization })}, ${encodeURIComponent(authorization)}, ${basic}`,
      };
    };
  }

  it("that a server, a tool and a plugin repeat are in no byte of the run's folder and of what is printed", async () => {
    writePreset();
    fault = refusing("What is 2 +");
    const ran = await autotraj(["run", "demo.json", "--out", "out", "--show", "100"], folder);
    expect(ran.code, ran.stderr).to.equal(0);
    expect(ran.stderr).to.contain("started with <redacted>");
    const out = join(folder, "out");
    const shown = await Promise.all(
      [
        ["explain", "out", "#1", "--calls", "--full"],
        ["explain", "out", "#3", "--calls", "--full", "--json"],
        ["explain", "out", "#4"],
        ["stats", "out", "--json"],
        ["config", "print", "demo.json"],
        ["export", "out", "--to", "chat", "--out", "out/exported"],
      ].map((args) => autotraj(args, folder)),
    );
    for (const { code, stderr } of shown) expect(code, stderr).to.equal(0);
    expect(shown[0]?.stdout).to.contain("Basic bWU6").and.to.contain("I was called with Bearer <redacted>");
    expectClean(out, ran, ...shown);
  });

  it("are taken out before anybody sees an answer: a resumed run leaves the same data sets", async () => {
    writePreset();
    const whole = await autotraj(["run", "demo.json", "--out", "whole"], folder);
    expect(whole.code, whole.stderr).to.equal(0);
    fault = refusing("What is 1 +");
    const cut = await autotraj(["run", "demo.json", "--out", "cut"], folder);
    fault = () => undefined;
    const resumed = await autotraj(["resume", "cut"], folder);
    expect(resumed.code, resumed.stderr).to.equal(0);
    expect(datasetsOf(join(folder, "cut"))).to.deep.equal(datasetsOf(join(folder, "whole")));
    expectClean(join(folder, "cut"), cut, resumed);
  });

  it("are in no error that nobody catches", async () => {
    writePreset();
    const ended = await autotraj(["run", "demo.json", "--out", "out", "--set", "plugins.told.options.late=true"], folder);
    expect(ended.code).to.equal(1);
    expect(ended.stderr).to.contain("too late: <redacted>");
    expectClean(join(folder, "out"), ended);
  });

  it("of a few characters are refused with what to do, since hiding them would tear holes into texts", async () => {
    process.env["TEST_KEY"] = "abc";
    writePreset();
    const { code, stderr } = await autotraj(["run", "demo.json", "--out", "out"], folder);
    expect(code).to.equal(2);
    expect(stderr).to.contain(
      "plugins.student.options.apiKey is a secret of fewer than 8 characters: it could not be kept out of texts without tearing holes into them. Use a longer one, or leave the option out where none is asked for.",
    );
  });
});
