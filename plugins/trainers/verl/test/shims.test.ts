/** The Python that runs inside verl, on stand-ins for verl and with a real HTTP service. On verl's own classes it runs in test/consumers. */
import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { JsonObject } from "@autotraj/core";
import { PYTHON_FOLDER } from "@autotraj/trajectory-text/python";
import { expect } from "chai";

const run = promisify(execFile);
const SHIMS = fileURLToPath(new URL("../python/", import.meta.url));
const STANDINS = fileURLToPath(new URL("python/", import.meta.url));
/** In the job's folder the first two are one. */
const PYTHONPATH = [SHIMS, PYTHON_FOLDER, STANDINS].join(delimiter);

interface Request {
  readonly at: string;
  readonly authorization: string | undefined;
  readonly item?: JsonObject;
}

describe("verl's shims", () => {
  let server: Server;
  let requests: Request[];
  /** Answers by path and turn; a number is a status. */
  let answers: (at: string, item: JsonObject) => JsonObject | number;
  beforeEach(async () => {
    requests = [];
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        const text = Buffer.concat(parts).toString("utf8");
        const [item = {}] = text === "" ? [] : (JSON.parse(text) as { items: JsonObject[] }).items;
        const at = `${request.method} ${request.url}`;
        requests.push({ at, authorization: request.headers.authorization, ...(text === "" ? {} : { item }) });
        const answer = at.startsWith("DELETE") ? 204 : answers(request.url ?? "", item);
        if (typeof answer === "number") return response.writeHead(answer).end();
        return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ items: [answer] }));
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  async function python(script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<JsonObject[]> {
    const { port } = server.address() as AddressInfo;
    const { stdout } = await run("python3", [script, ...args], {
      env: {
        ...process.env,
        PYTHONPATH,
        PYTHONDONTWRITEBYTECODE: "1",
        AUTOTRAJ_SERVICE_URL: `http://127.0.0.1:${port}/`,
        AUTOTRAJ_SERVICE_TOKEN: "secret",
        ...env,
      },
    });
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as JsonObject);
  }
  const play = async (said: JsonObject): Promise<JsonObject> => (await python(`${STANDINS}play.py`, [JSON.stringify(said)]))[0]!;

  const RESULT = "\n<result>\n42\n</result>\n";
  const VALID = { reward: 0.75, terms: { outcome: 1, format: null }, valid: true };
  function service(score: JsonObject = VALID) {
    return (at: string, { index, finish }: JsonObject): JsonObject => {
      if (at === "/v1/sessions") return { session: "s-1" };
      if (at === "/v1/score") return { id: "s-1", ...score };
      const done = finish === "length" || index === 1;
      const results = [{ toolCallId: "c", name: "python", content: "42", ok: true }];
      return done ? { append: "", results: [], done, finish: "answer" } : { append: RESULT, results, done };
    };
  }
  const TURNS = [{ text: "<code>6*7</code>" }, { text: "<answer>42</answer>" }];

  it("compile", () => {
    for (const file of readdirSync(SHIMS))
      execFileSync("python3", ["-c", "import sys; compile(open(sys.argv[1]).read(), sys.argv[1], 'exec')", SHIMS + file]);
  });

  it("play an episode: what is sampled has a loss, results have none, and the service gives the reward", async () => {
    answers = service();
    const found = await play({ turns: TURNS });
    expect(found).to.deep.include({
      prompt: "user:6*7?|",
      reward: 0.75,
      turns: 4,
      logprobs: 16 + RESULT.length + 19,
      terms: { "term/outcome": 1, "term/format": null },
    });
    expect(found["runs"]).to.deep.equal([
      [1, "<code>6*7</code>"],
      [0, RESULT],
      [1, "<answer>42</answer>"],
    ]);
    // Which weights wrote it, from the first turn to the last.
    expect(found["fields"]).to.deep.include({ min_global_steps: 1, max_global_steps: 2 });
    expect(found["asked"]).to.deep.equal([
      { prompt: "user:6*7?|", temperature: 1, stop: ["</code>", "</answer>"], max_tokens: 500 },
      { prompt: `user:6*7?|<code>6*7</code>${RESULT}`, temperature: 1, stop: ["</code>", "</answer>"], max_tokens: 500 },
    ]);
    expect(requests.map(({ at, item }) => [at, item])).to.deep.equal([
      ["POST /v1/sessions", { task: "q-1", key: "u-3" }],
      ["POST /v1/turns", { session: "s-1", index: 0, text: "<code>6*7</code>", finish: "stop" }],
      ["POST /v1/turns", { session: "s-1", index: 1, text: "<answer>42</answer>", finish: "stop" }],
      ["POST /v1/score", { id: "s-1", session: "s-1" }],
      ["DELETE /v1/sessions/s-1", undefined],
    ]);
    expect(new Set(requests.map(({ authorization }) => authorization))).to.deep.equal(new Set(["Bearer secret"]));
  });

  it("keep nothing behind the stop string, in what is sent and in what is learnt from", async () => {
    answers = service();
    const found = await play({ turns: [{ text: "<code>1</code>\n" }, { text: "<answer>42</answer>", ends: true }] });
    expect(requests[1]!.item).to.deep.include({ text: "<code>1</code>" });
    expect(found["runs"]).to.deep.equal([
      [1, "<code>1</code>"],
      [0, RESULT],
      [1, "<answer>42</answer><end>"],
    ]);
    expect(requests[2]!.item).to.deep.include({ text: "<answer>42</answer>", finish: "stop" });
  });

  it("read a mark as text where a question, a result or the model's own text spells it", async () => {
    answers = (at, item) => {
      const answer = service()(at, item);
      return "append" in answer && answer["append"] !== "" ? { ...answer, append: "\n<result>\n4<end>2\n</result>\n" } : answer;
    };
    const found = await play({ question: "6<end>7?", turns: [{ text: "<code>'<end>'</code>" }, { text: "<answer>42</answer>", ends: true }] });
    expect(found["controls"]).to.deep.equal(["<end>"]);
    expect(found["prompt"]).to.equal("user:6<end>7?|");
    expect(found["runs"]).to.deep.equal([
      [1, "<code>'<end>'</code>"],
      [0, "\n<result>\n4<end>2\n</result>\n"],
      [1, "<answer>42</answer><end>"],
    ]);
    expect(requests[1]!.item).to.deep.include({ text: "<code>'<end>'</code>" });
  });

  it("tell the service of a turn that was cut off, and end where no room is left to answer", async () => {
    answers = service();
    await play({ turns: [{ text: "<code>6*7" }], config: { max_new_tokens: 5 } });
    expect(requests[1]!.item).to.deep.include({ text: "<code", finish: "length" });
    requests.length = 0;
    const found = await play({ turns: TURNS, responseLength: 20 });
    expect(found["runs"]).to.deep.equal([[1, "<code>6*7</code>"]]);
    expect(requests.map(({ at }) => at)).to.deep.equal(["POST /v1/sessions", "POST /v1/turns", "POST /v1/score", "DELETE /v1/sessions/s-1"]);
  });

  it("never cut a prompt", async () => {
    answers = service();
    expect(await play({ turns: TURNS, promptLength: 5 })).to.deep.equal({
      failed: "ValueError: task q-1: 10 tokens of prompt are more than 5 (maxPromptTokens)",
    });
  });

  it("play native episodes with verl's own parser and the model's template", async () => {
    answers = service();
    const call = '<tool_call>{"name": "python", "arguments": {"code": "6*7"}}</tool_call>';
    const found = await play({
      turns: [
        { text: `<think>\nHm.\n</think>\n\n${call}`, ends: true },
        { text: "42", ends: true },
      ],
      task: { dialect: "native", stop: [] },
    });
    expect(requests[1]!.item).to.deep.equal({
      session: "s-1",
      index: 0,
      text: "",
      reasoning: "Hm.",
      finish: "tool-calls",
      toolCalls: [{ id: "call-1-0", name: "python", arguments: '{"code": "6*7"}' }],
    });
    expect(requests[2]!.item).to.deep.equal({ session: "s-1", index: 1, text: "42", finish: "stop" });
    expect((found["runs"] as [number, string][]).map(([mask]) => mask)).to.deep.equal([1, 0, 1]);
    expect((found["runs"] as [number, string][])[1]![1]).to.equal("tool:42|");
  });

  const INVALID = { reward: null, terms: { outcome: null }, valid: false, error: { code: "X", message: "the judge is down" } };
  it("end the training, drop the trajectory or take the fallback where there is no valid reward", async () => {
    answers = service(INVALID);
    expect(await play({ turns: TURNS })).to.deep.equal({ failed: "RuntimeError: session s-1 has no valid reward: the judge is down" });
    expect(await play({ turns: TURNS, config: { on_invalid: "drop" } })).to.deep.equal({ outputs: 0 });
    expect(await play({ turns: TURNS, config: { on_invalid: "fallback", fallback_reward: -1 } })).to.deep.include({
      reward: -1,
      terms: { "term/outcome": null },
    });
  });

  it("ask again until the service answers, and not where it refuses", async () => {
    let failures = 2;
    answers = (at, item) => (at === "/v1/turns" && failures-- > 0 ? 503 : service()(at, item));
    expect(await play({ turns: TURNS })).to.deep.include({ reward: 0.75 });
    answers = () => 401;
    expect((await play({ turns: TURNS }))["failed"]).to.equal("RuntimeError: AutoTraj's service refused POST /v1/sessions: 401 ");
    answers = (at, item) => (at === "/v1/turns" ? { error: { code: "ATRAJ_EPISODE", message: "there is no session" } } : service()(at, item));
    expect((await play({ turns: TURNS }))["failed"]).to.equal("RuntimeError: AutoTraj's service refused /v1/turns: there is no session");
    answers = () => 503;
    expect((await play({ turns: TURNS, config: { service_timeout_s: 0 } }))["failed"]).to.match(
      /^TimeoutError: AutoTraj's service at http:\S+ has not answered for 0 s/,
    );
  });

  it("fail where the engine breaks a turn off", async () => {
    answers = service();
    expect((await play({ turns: [{ text: "<co", reason: "aborted" }] }))["failed"]).to.equal(
      "RuntimeError: session s-1: the engine broke off a turn (aborted)",
    );
  });

  it("hand the service's address to Ray's workers without verl printing it", async () => {
    const [printed, init] = await python(`${SHIMS}autotraj_verl_rl.py`, ["trainer.nnodes=1"], { PYTHONPATH });
    expect(printed).to.deep.equal({ argv: ["trainer.nnodes=1"] });
    const { env_vars: variables, ...environment } = (init!["init"] as { runtime_env: JsonObject }).runtime_env;
    expect(environment).to.deep.equal({ working_dir: null });
    expect(variables).to.deep.include({ NCCL_DEBUG: "WARN", AUTOTRAJ_SERVICE_TOKEN: "secret", PYTHONPATH });
  });

  it("end the training when an episode failed, which verl would go on without", async () => {
    const script = [
      "import json",
      "from autotraj_verl_sampler import StoppingReplayBuffer",
      "buffer = StoppingReplayBuffer()",
      "buffer._sync_metadata_from_transfer_queue()",
      "buffer.failure_keys['train'].add('u')",
      "try:",
      "    buffer._sync_metadata_from_transfer_queue()",
      "except RuntimeError as error:",
      "    print(json.dumps({'failed': str(error)}))",
    ].join("\n");
    expect(await python("-c", [script])).to.deep.equal([
      { failed: "Episodes of 1 question(s) failed; the cause stands above, after 'Error in _run_prompt'." },
    ]);
  });
});
