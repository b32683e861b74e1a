import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { episodeServer } from "../../cli/src/commands/serving.ts";
import { ANSWER, ask, type Json, newFolder, type Reply, Served, type Setting, until, writePreset } from "../../plugins/servers/http/test/support.ts";
import { type Command, kill, start } from "../integration/command.ts";
import { inThisProcess } from "../integration/in-this-process.ts";

describe("autotraj serve", () => {
  let folder: string;
  let command: Command | undefined;
  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(async () => {
    if (command !== undefined) await kill(command);
    command = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  /** What it prints first, once it does. */
  async function serving(args: readonly string[], setting?: Setting): Promise<string> {
    writePreset(folder, setting);
    const started = start(["serve", "demo.json", "--port", "0", ...args], folder);
    command = started;
    let printed = "";
    const first = new Promise<string>((resolve) => {
      started.child.stdout?.on("data", (chunk) => {
        printed += chunk;
        if (printed.endsWith("\n")) resolve(printed);
      });
    });
    const ended = started.ended.then(({ code, stderr }) => {
      throw new Error(`it ended with ${code}: ${stderr}`);
    });
    ended.catch(() => {});
    return Promise.race([first, ended]);
  }

  const refused = async (...args: string[]) => {
    writePreset(folder);
    const { code, stdout, stderr } = await inThisProcess(["serve", "demo.json", ...args], folder);
    expect(code, stderr).to.equal(2);
    expect(stdout).to.equal("");
    return stderr;
  };

  it("prints where it is and a token, and serves every question as a task", async () => {
    const printed = await serving([]);
    const [, url = "", token = ""] = /^url {4}(\S+)\ntoken {2}(\S+)\n$/.exec(printed) ?? [];
    expect(url, printed).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(token).to.match(/^[\w-]{43}$/);
    const { body } = await ask(url, "GET", `/t/${token}/v1/tasks`);
    expect(body.total).to.equal(6);
  });

  it("lets what is in flight finish when it is told to end, says so meanwhile, and ends", async () => {
    const { url, token, tasks, terms } = JSON.parse(await serving(["--json"]));
    expect({ tasks, terms }).to.deep.equal({ tasks: 6, terms: ["right"] });
    const post = (path: string, body: object): Promise<Reply> => ask(url, "POST", path, body, { authorization: `Bearer ${token}` });
    const { items } = (await post("/v1/sessions", { items: [{ task: "q-0" }] })).body;
    writeFileSync(join(folder, "held"), "");
    const turn = post(`/v1/sessions/${items[0].session}/turn`, { index: 0, text: "<hold>on</hold>", finish: "stop" });
    await until(async () => (await ask(url, "GET", `/t/${token}/metrics`)).text.includes("autotraj_requests_in_flight 2"));
    command?.child.kill("SIGTERM");
    await until(async () => (await ask(url, "GET", "/healthz")).status === 503);
    expect((await ask(url, "GET", "/healthz")).body).to.deep.equal({ status: "draining" });
    const late = await post("/v1/sessions", { items: [{ task: "q-0" }] });
    expect([late.status, late.body.error.code]).to.deep.equal([503, "DRAINING"]);
    rmSync(join(folder, "held"));
    expect((await turn).body.results[0].content).to.equal("said on");
    const { code, signal, stderr } = (await command?.ended) ?? {};
    expect([code, signal], stderr).to.deep.equal([0, null]);
  });

  it("ends at once when told twice, and says so to those who wait", async () => {
    const { url, token } = JSON.parse(await serving(["--json"]));
    const post = (path: string, body: object): Promise<Reply> => ask(url, "POST", path, body, { authorization: `Bearer ${token}` });
    const { items } = (await post("/v1/sessions", { items: [{ task: "q-0" }] })).body;
    writeFileSync(join(folder, "held"), "");
    const turn = post(`/v1/sessions/${items[0].session}/turn`, { index: 0, text: "<hold>on</hold>", finish: "stop" }).catch(() => "cut off");
    await until(async () => (await ask(url, "GET", `/t/${token}/metrics`)).text.includes("autotraj_requests_in_flight 2"));
    command?.child.kill("SIGINT");
    await until(async () => (await ask(url, "GET", "/healthz")).status === 503);
    command?.child.kill("SIGINT");
    const ended = await turn;
    if (ended !== "cut off") expect((ended as Reply).body.error.code).to.equal("ATRAJ_INTERRUPTED");
    rmSync(join(folder, "held"));
    expect((await command?.ended)?.code).to.equal(0);
  });

  it("takes its token from the environment, and does not show it", async () => {
    process.env["AUTOTRAJ_TEST_TOKEN"] = "kept secret";
    try {
      const printed = await serving(["--token-env", "AUTOTRAJ_TEST_TOKEN"]);
      expect(printed).to.contain("token  as in AUTOTRAJ_TEST_TOKEN").and.not.to.contain("kept secret");
      const url = /^url +(\S+)/.exec(printed)?.[1] ?? "";
      expect((await ask(url, "GET", "/v1/tasks", undefined, { authorization: "Bearer kept secret" })).status).to.equal(200);
      expect((await ask(url, "GET", "/v1/tasks")).status).to.equal(401);
    } finally {
      delete process.env["AUTOTRAJ_TEST_TOKEN"];
    }
  });

  it("asks for no token with --no-auth, on this machine's own addresses only", async () => {
    expect(await refused("--no-auth", "--host", "0.0.0.0")).to.contain("[ATRAJ_USAGE] serve: --no-auth is for this machine's own addresses");
    const printed = await serving(["--no-auth"]);
    expect(printed).to.contain("token  none needed");
    expect((await ask(/^url +(\S+)/.exec(printed)?.[1] ?? "", "GET", "/v1/tasks")).status).to.equal(200);
  });

  it("refuses what cannot be meant", async () => {
    expect(await refused("--token-env", "AUTOTRAJ_NOT_SET")).to.contain("AUTOTRAJ_NOT_SET is not set");
    expect(await refused("--timeout-s", "0")).to.contain("--timeout-s must be a whole number from 1");
    expect(await refused("--protocols", "grpc")).to.contain("protocols");
    expect(await refused("--host", "192.0.2.1")).to.contain("cannot listen on 192.0.2.1:8765");
  });

  it("refuses a tool that NeMo Gym's protocol has no place for, unless that is not spoken", async () => {
    writePreset(folder, { tool: { name: "verify" } });
    const { code, stderr } = await inThisProcess(["serve", "demo.json", "--port", "0"], folder);
    expect(code).to.equal(2);
    expect(stderr).to.contain('[ATRAJ_SERVICE_CONFLICT] tool "verify"');
    const { url, token } = JSON.parse(await serving(["--json", "--protocols", "openrlhf,llamafactory"], { tool: { name: "verify" } }));
    expect((await ask(url, "POST", `/t/${token}/gym/seed_session`, {})).status).to.equal(404);
  });
});

describe("the service of a run's stage rl", () => {
  it("plays and scores the tasks it is given, on this machine only", async () => {
    const served = await Served.start();
    try {
      const { service, dispose: close } = await episodeServer();
      const { url, token } = await service.serve(served.played.episodes);
      expect(url).to.match(/^http:\/\/127\.0\.0\.1:\d+$/);
      const post = async (path: string, body: object): Promise<Json> =>
        (await ask(url, "POST", path, body, { authorization: `Bearer ${token}` })).body;
      const { items } = await post("/v1/sessions", { items: [{ task: "q-3" }] });
      await post("/v1/turns", { items: [{ session: items[0].session, index: 0, text: ANSWER(24), finish: "stop" }] });
      const scored = await post("/v1/score", {
        items: [
          { id: "a", session: items[0].session },
          { id: "b", task: "q-3", text: ANSWER(1) },
        ],
      });
      expect(scored.items.map(({ reward }: { reward: number }) => reward)).to.deep.equal([1, 0]);
      expect((await post("/openrlhf", { query: [`p${ANSWER(24)}`], prompts: ["p"], labels: ["q-3"] })).rewards).to.deep.equal([1]);
      expect((await ask(url, "GET", "/v1/tasks")).status).to.equal(401);
      await close();
      expect(await ask(url, "GET", "/healthz").catch(() => "nobody there")).to.equal("nobody there");
    } finally {
      await served.close();
    }
  });
});
