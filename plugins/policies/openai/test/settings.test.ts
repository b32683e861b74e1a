/** What a server says about the settings: what ends the run, and what is asked for in another form. */
import { expect } from "chai";
import { anySignal, closeAll, type Fault, fake, numbered, policyAt, rejection, setUp, turn } from "./support.ts";

const status = (code: number, message: string, more: object = {}): Fault => ({ kind: "status", status: code, message, ...more });
const NO_MAX_TOKENS = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
const CHAT_MODEL = "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use v1/chat/completions?";

describe("policy-openai and a server that does not like a setting", () => {
  afterEach(closeAll);

  for (const [fault, code, hint] of [
    [status(401, "Incorrect API key provided"), "OPENAI_AUTH", "apiKey"],
    [status(403, "Country not supported"), "OPENAI_AUTH", "apiKey"],
    [status(402, "Insufficient credits"), "OPENAI_QUOTA", "waiting does not help"],
    [status(429, "You exceeded your quota", { code: "insufficient_quota" }), "OPENAI_QUOTA", "waiting does not help"],
    [status(404, "The model `gpt-7` does not exist or you do not have access to it."), "OPENAI_NOT_FOUND", "`model`"],
    [status(400, "Model Not Exist"), "OPENAI_NOT_FOUND", "`model`"],
    [status(400, "gpt-7 is not a valid model ID: model not found"), "OPENAI_NOT_FOUND", "`model`"],
    [status(400, "Unsupported value: 'temperature' does not support 0.8 with this model."), "OPENAI_PARAMETER", "extraBody: { temperature: null }"],
    [status(400, "Unrecognized request argument supplied: top_k"), "OPENAI_PARAMETER", "rollout.topK: 0"],
    [status(400, "'stop' is not supported with this model."), "OPENAI_PARAMETER", "maxStops: 0"],
    [status(422, "Extra inputs are not permitted: seed"), "OPENAI_PARAMETER", "seed: omit"],
  ] as const) {
    it(`ends the run after one request with ${fault.kind === "status" ? `${fault.status} ${fault.message}` : ""}`, async () => {
      const server = await fake({ fault: () => fault });
      const error = await rejection((await policyAt(server.baseURL)).generate(turn(), anySignal));
      expect(error).to.include({ code, endsRun: true });
      expect(error.message).to.include(fault.kind === "status" ? fault.message : "");
      expect(error.hint).to.include(hint);
      expect(server.calls.length).to.equal(1);
    });
  }

  for (const [name, body] of [
    ["older vLLMs", '{"object":"error","message":"The model `x` does not exist.","code":404}'],
    ["FastAPI", '{"detail":"The model `x` does not exist."}'],
    ["plain text", "The model `x` does not exist."],
  ] as const) {
    it(`finds the words of ${name}`, async () => {
      const server = await fake({ fault: () => status(404, "", { body }) });
      const error = await rejection((await policyAt(server.baseURL)).generate(turn(), anySignal));
      expect(error.message).to.include("answered 404: ").and.include("The model `x` does not exist.");
    });
  }

  it("takes what three different prompts were refused for, and none answered, for a setting; and never one question's trouble", async () => {
    const tooLong = status(400, "This model's maximum context length is 2048 tokens. However, you requested 3000 tokens.");
    const server = await fake({ fault: ({ body }) => (String(body.prompt).includes("question") ? tooLong : undefined) });
    const refused = async (policy: Awaited<ReturnType<typeof policyAt>>, n: number) =>
      (await rejection(policy.generate(numbered(n), anySignal))).endsRun;
    const all = await policyAt(server.baseURL);
    expect([await refused(all, 1), await refused(all, 1), await refused(all, 1)], "the same question").to.deep.equal([false, false, false]);
    expect([await refused(all, 2), await refused(all, 3)]).to.deep.equal([false, true]);
    const some = await policyAt(server.baseURL);
    await some.generate(turn(), anySignal);
    for (const n of [1, 2, 3, 4]) expect(await refused(some, n), "after an answer").to.equal(false);
  });

  it("does not end the run for a prompt that a filter refuses", async () => {
    const server = await fake({ fault: () => status(400, "The prompt triggered content management policy.", { code: "content_filter" }) });
    const policy = await policyAt(server.baseURL);
    for (const n of [1, 2, 3, 4])
      expect(await rejection(policy.generate(numbered(n), anySignal))).to.include({ code: "OPENAI_FILTERED", endsRun: false });
  });

  it("sends max_completion_tokens where max_tokens is refused: found out once, said once", async () => {
    const server = await fake({
      fault: ({ body }) => ("max_tokens" in body ? status(400, NO_MAX_TOKENS, { code: "unsupported_parameter" }) : undefined),
    });
    const { policy, infos } = await setUp(server.baseURL, { maxRetries: 0 });
    for (const dialect of ["native", "tags", "native"] as const) expect((await policy.generate(turn({ dialect }), anySignal)).text).to.equal("ok");
    expect(server.calls.map(({ body }) => [body.max_tokens, body.max_completion_tokens])).to.deep.equal([
      [64, undefined],
      [undefined, 64],
      [undefined, 64],
      [undefined, 64],
    ]);
    expect(infos).to.have.length(1);
    expect(infos[0]).to.include("max_completion_tokens from now on");
  });

  it("does not take a max_tokens that is too large for one under another name", async () => {
    const message = "'max_tokens' or 'max_completion_tokens' is too large: 3000. This model's maximum context length is 2048 tokens.";
    const server = await fake({ fault: () => status(400, message) });
    const error = await rejection((await policyAt(server.baseURL)).generate(turn(), anySignal));
    expect(error.code).to.equal("OPENAI_CONTEXT");
    expect(server.calls.length).to.equal(1);
  });

  for (const [name, refusal] of [
    ["says that it only chats", status(404, CHAT_MODEL)],
    ["has nothing at /completions", status(404, "", { body: '{"detail":"Not Found"}' })],
    ["allows no method there", status(405, "Method Not Allowed")],
  ] as const) {
    it(`chats with a server that ${name}: found out once, said once`, async () => {
      const server = await fake({ fault: ({ path }) => (path === "/v1/completions" ? refusal : undefined) });
      const { policy, infos } = await setUp(server.baseURL, { maxRetries: 0 });
      for (const seed of [1, 2, 3]) expect((await policy.generate(turn({ seed }), anySignal)).text).to.equal("ok");
      expect(server.calls.map(({ path }) => path)).to.deep.equal(["/v1/completions", ...Array<string>(3).fill("/v1/chat/completions")]);
      expect(infos).to.have.length(1);
      expect(infos[0]).to.include("Asking /chat/completions from now on");
    });
  }

  it("ends the run where a turn has to go on after a tool call and chat was not told how, and goes on where it was", async () => {
    const continuation = [
      { by: "model", text: "<code>1</code>" },
      { by: "tool", text: "<result>1</result>" },
    ] as const;
    const server = await fake({ fault: ({ path }) => (path === "/v1/completions" ? status(404, CHAT_MODEL) : undefined) });
    const error = await rejection((await policyAt(server.baseURL)).generate(turn({ continuation }), anySignal));
    expect(error).to.include({ code: "OPENAI_NO_PREFIX", endsRun: true });
    expect(error.hint).to.include("prefix: vllm");
    const told = await policyAt(server.baseURL, { prefix: "vllm" });
    expect((await told.generate(turn({ continuation }), anySignal)).text).to.equal("ok");
  });

  it("asks nobody else where `api: completions` was set, and says what to set", async () => {
    const server = await fake({ fault: () => status(404, CHAT_MODEL) });
    const error = await rejection((await policyAt(server.baseURL, { api: "completions" })).generate(turn(), anySignal));
    expect(error).to.include({ code: "OPENAI_NOT_FOUND", endsRun: true });
    expect(error.hint).to.include("`api: auto` or `api: chat`");
    expect(server.calls.length).to.equal(1);
  });
});
