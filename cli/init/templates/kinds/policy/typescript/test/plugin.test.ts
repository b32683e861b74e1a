import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { after, describe, it } from "node:test";
import { POLICY, type TurnRequest } from "@autotraj/core/plugin";
import { conformance, setupPlugin } from "@autotraj/testkit";
import plugin from "../src/index.ts";

const REQUEST: TurnRequest = {
  messages: [{ role: "user", content: "What is 6 times 7?" }],
  continuation: [
    { by: "model", text: "<think>easy</think>" },
    { by: "tool", text: "<result>42</result>" },
  ],
  dialect: "tags",
  tools: [],
  stop: ["</answer>"],
  sampling: { temperature: 0.5, topP: 0.9, topK: 0, maxTokens: 64 },
  seed: 7,
  session: "s",
};
const COMPLETION = { content: "<answer>42", stop_type: "word", stopping_word: "</answer>" };

/** A server that answers like llama.cpp's, and remembers what it was asked. */
let asked: { prompt: string; seed: number; stop: readonly string[] };
let status = 200;
const server = createServer(async (request, response) => {
  asked = JSON.parse(await text(request));
  response
    .writeHead(status, { connection: "close" })
    .end(JSON.stringify({ ...COMPLETION, tokens_evaluated: 20, tokens_predicted: 5 }));
});
await once(server.listen(0, "127.0.0.1"), "listening");
after(() => server.close());
const options = { model: "test", url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };

/** What every policy must do, on the real kernel. */
conformance(plugin, { options, network: "allowed" }).register({ describe, it });

describe("{{package}}", () => {
  async function turn(answeredWith: number) {
    status = answeredWith;
    const plugged = await setupPlugin(plugin, { options });
    return plugged.provided(POLICY).generate(REQUEST, { signal: new AbortController().signal });
  }

  it("goes on right behind what the turn already holds", async () => {
    await turn(200);
    assert.ok(asked.prompt.endsWith("<|im_start|>assistant\n<think>easy</think><result>42</result>"));
    assert.deepEqual([asked.seed, asked.stop], [7, ["</answer>"]]);
  });

  it("gives the text with the stop string that ended it", async () => {
    assert.deepEqual(await turn(200), {
      text: "<answer>42</answer>",
      finish: "stop",
      usage: { promptTokens: 20, cachedTokens: 0, completionTokens: 5 },
    });
  });

  it("ends the run where no other question could be answered either", async () => {
    await assert.rejects(turn(404), { code: "REFUSED", endsRun: true });
  });
});
