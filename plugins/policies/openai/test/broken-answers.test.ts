import { expect } from "chai";
import type { FakeAnswer } from "../../../../test/fake-openai/server.ts";
import { anySignal, closeAll, fake, policyAt, rejection, setUp, turn } from "./support.ts";

const forms = { completions: turn(), chat: turn({ dialect: "native" }) };

describe("policy-openai and answers that are none", () => {
  afterEach(closeAll);

  for (const [api, request] of Object.entries(forms)) {
    for (const finish of ["error", "abort", "insufficient_system_resource", "a word of tomorrow"]) {
      it(`asks again after finish_reason "${finish}" of ${api}, and keeps nothing of what was written`, async () => {
        const server = await fake({ answer: ({ before }) => (before === 0 ? { text: "<answer>4", finish } : "whole") });
        const policy = await policyAt(server.baseURL);
        expect((await policy.generate(request, anySignal)).text).to.equal("whole");
        expect(server.calls.length).to.equal(2);
      });
    }

    it(`does not ask again what a filter held back of ${api}, and says in whose words`, async () => {
      const choice = { content_filter_results: { violence: { filtered: true, severity: "medium" } } };
      const server = await fake({ answer: () => ({ text: "<answer>4", finish: "content_filter", choice }) });
      const policy = await policyAt(server.baseURL);
      const error = await rejection(policy.generate(request, anySignal));
      expect(error.code).to.equal("OPENAI_FILTERED");
      expect(error.message).to.include('finish_reason "content_filter": {"violence":{"filtered":true,"severity":"medium"}}');
      expect(error.endsRun).to.equal(false);
      expect(server.calls.length).to.equal(1);
    });

    for (const finish of ["stop", "length", "eos_token", null]) {
      it(`keeps an answer of ${api} that ends with ${finish}`, async () => {
        const server = await fake({ answer: () => ({ text: "so far", choice: { finish_reason: finish } }) });
        const written = await (await policyAt(server.baseURL)).generate(request, anySignal);
        expect(written).to.include({ text: "so far", finish: finish === "length" ? "length" : "stop" });
      });
    }
  }

  it("gives up with the server's own words where every answer breaks off", async () => {
    const answer: FakeAnswer = { text: "x", finish: "error", choice: { error: { code: 502, message: "upstream ran out of memory" } } };
    const server = await fake({ answer: () => answer });
    const policy = await policyAt(server.baseURL, { maxRetries: 1 });
    const error = await rejection(policy.generate(turn(), anySignal));
    expect(error.code).to.equal("OPENAI_FINISH");
    expect(error.message).to.equal(
      `POST ${server.baseURL}/completions broke its answer off with finish_reason "error": {"code":502,"message":"upstream ran out of memory"} (the last of 2 attempts)`,
    );
  });

  const long = `<html><title>Sign in to key-of-mine</title>${"x".repeat(300)}</html>`;
  for (const [name, body, says] of [
    ["is a web page", long, `it is no JSON: <html><title>Sign in to [redacted]</title>${"x".repeat(158)}…`],
    ["is empty", "", "it is no JSON: [nothing]"],
    ["has no choices", '{"choices":[],"note":"try later"}', 'it has no choices: {"choices":[],"note":"try later"}'],
    ["is an error inside a 200", '{"error":{"message":"upstream"}}', 'an error inside a 200: {"error":{"message":"upstream"}}'],
    ["has no text", '{"choices":[{"index":0}]}', 'its first choice has no text: {"choices":[{"index":0}]}'],
  ] as const) {
    it(`names the endpoint and shows the beginning of an answer that ${name}`, async () => {
      const server = await fake({ fault: () => ({ kind: "status", status: 200, body }) });
      const policy = await policyAt(server.baseURL, { maxRetries: 0, apiKey: { $env: "KEY" } });
      const error = await rejection(policy.generate(turn(), anySignal));
      expect(error.code).to.equal("OPENAI_ANSWER");
      expect(error.message).to.equal(`POST ${server.baseURL}/completions gave no completion: ${says}`);
    });
  }

  it("takes thinking without content for no answer, unless the token limit cut it", async () => {
    const thinking = (finish: string): FakeAnswer => ({ finish, choice: { message: { role: "assistant", content: null, reasoning_content: "hm" } } });
    for (const dialect of ["tags", "native"] as const) {
      const server = await fake({ answer: () => thinking("stop") });
      const policy = await policyAt(server.baseURL, { api: "chat", maxRetries: 0 });
      const error = await rejection(policy.generate(turn({ dialect }), anySignal));
      expect(error.message).to.include("/chat/completions gave no completion: it holds thinking only").and.include('"reasoning_content":"hm"');
      expect(error.hint).to.include("reasoning parser");
    }
    const server = await fake({ answer: () => thinking("length") });
    const cut = await (await policyAt(server.baseURL)).generate(turn({ dialect: "native" }), anySignal);
    expect(cut).to.include({ text: "", reasoning: "hm", finish: "length" });
  });

  it("takes a connection that the server was just closing for nobody's failure", async () => {
    const server = await fake({ fault: ({ number }) => (number === 1 || number === 2 ? { kind: "reset" } : undefined) });
    const { policy, warnings } = await setUp(server.baseURL, { maxRetries: 0 });
    expect((await policy.generate(turn({ seed: 1 }), anySignal)).text).to.equal("ok");
    expect((await policy.generate(turn({ seed: 2 }), anySignal)).text).to.equal("ok");
    expect(server.calls.length).to.equal(4);
    expect(warnings).to.deep.equal([]);
  });

  it("does not go on for ever with a server that breaks every connection", async () => {
    const server = await fake({ fault: () => ({ kind: "reset" }) });
    const error = await rejection((await policyAt(server.baseURL, { maxRetries: 1 })).generate(turn(), anySignal));
    expect(error.code).to.equal("OPENAI_CONNECTION");
    expect(server.calls.length).to.equal(4);
  });
});
