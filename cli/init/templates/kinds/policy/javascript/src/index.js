/** A policy is a service that writes one turn at a time. This one asks llama.cpp's own server. */
import { definePlugin, PluginError, POLICY } from "@autotraj/core/plugin";

/** What the server answers, as far as it is read here. */

export default definePlugin({
  meta: {
    name: "{{package}}",
    apiVersion: 1,
    kind: "policy",
    description: "{{description}}",
    options: {
      type: "object",
      additionalProperties: false,
      required: ["model"],
      properties: {
        model: { type: "string", minLength: 1, description: "The model's name, for tables and stored answers." },
        url: {
          type: "string",
          minLength: 1,
          default: "http://127.0.0.1:8080",
          description: "Where the server listens.",
        },
      },
    },
    provides: [POLICY],
    supports: { deterministic: false, network: true },
  },
  setup(api, { model, url }) {
    api.provide(POLICY, {
      model,
      // All that decides what it answers besides the request: part of what stored answers are found by.
      identity: `llama-server ${model}`,
      dialects: ["tags"],
      deterministic: false,
      generate: async (request, { signal }) => turnOf(await ask(url, request, signal)),
    });
  },
});

async function ask(url, request, signal) {
  const { temperature, topP, topK, maxTokens } = request.sampling;
  const body = {
    prompt: promptOf(request),
    stop: request.stop,
    seed: request.seed,
    n_predict: maxTokens,
    ...{ temperature, top_p: topP, top_k: topK },
  };
  const response = await fetch(new URL("/completion", url), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal,
  }).catch((cause) => {
    if (signal.aborted) throw cause;
    const hint = "Start llama-server there, or set the option url.";
    throw new PluginError("UNREACHABLE", `no server answers at ${url}.`, { hint, cause });
  });
  if (response.ok) return await response.json();
  // An error that every other call would meet too ends the run at once; others cost one question.
  const endsRun = [401, 403, 404].includes(response.status);
  throw new PluginError("REFUSED", `${url} answered ${response.status}: ${(await response.text()).slice(0, 200)}`, {
    endsRun,
  });
}

/** ChatML, with the assistant's message left open behind what it already holds. */
function promptOf({ messages, continuation }) {
  const before = messages.map(({ role, content }) => `<|im_start|>${role}\n${content}<|im_end|>\n`).join("");
  return `${before}<|im_start|>assistant\n${continuation.map(({ text }) => text).join("")}`;
}

/** A turn's text includes the stop string that ended it. */
function turnOf({ content, stop_type, stopping_word, tokens_evaluated, tokens_predicted }) {
  return {
    text: stop_type === "word" ? content + stopping_word : content,
    finish: stop_type === "limit" ? "length" : "stop",
    usage: { promptTokens: tokens_evaluated, cachedTokens: 0, completionTokens: tokens_predicted },
  };
}
