/** What a first preset can begin from. */

export interface Start {
  /** As it is offered in a list. */
  readonly title: string;
  readonly hint: string;
  /** `model`: a policy answers questions. `recorded`: logs are scored. */
  readonly from: "model" | "recorded";
  /** The server's API root, where it is one that is asked. */
  readonly endpoint?: string;
  readonly model?: string;
  /** First sentence of the README. */
  readonly about: string;
}

const LOOP = "answers questions several times with a calculator; right answers are kept, wrong ones repaired, and both become data sets.";

export const STARTS = {
  "openai-compatible": {
    title: "Questions, and any OpenAI-compatible server",
    hint: "SGLang, llama.cpp, LM Studio, a hosted one",
    from: "model",
    endpoint: "http://127.0.0.1:8000/v1",
    model: "my-model",
    about: `A model behind an OpenAI-compatible server ${LOOP}`,
  },
  openai: {
    title: "Questions, and OpenAI",
    hint: "needs a key",
    from: "model",
    endpoint: "https://api.openai.com/v1",
    model: "gpt-4o-mini",
    about: `A model of OpenAI ${LOOP} Each call costs money: \`plan\` counts them.`,
  },
  vllm: {
    title: "Questions, and vLLM",
    hint: "on your own GPU",
    from: "model",
    endpoint: "http://127.0.0.1:8000/v1",
    model: "Qwen/Qwen3-4B-Instruct-2507",
    about: `A model that vLLM serves ${LOOP}`,
  },
  ollama: {
    title: "Questions, and Ollama",
    hint: "on your own machine",
    from: "model",
    endpoint: "http://127.0.0.1:11434/v1",
    model: "qwen3:4b",
    about: `A model that Ollama serves ${LOOP}`,
  },
  local: {
    title: "Questions, and a very small model in this process",
    hint: "no server, no key, no GPU",
    from: "model",
    model: "smollm2-135m",
    about: `A very small model in the process itself ${LOOP}`,
  },
  logs: {
    title: "Logs of an agent",
    hint: "no model at all",
    from: "recorded",
    about: "What an agent did is scored, and what is right and ran without failures becomes a data set. No model is called.",
  },
  scorer: {
    title: "A scorer of your own",
    hint: "on sample logs; no model at all",
    from: "recorded",
    about: "A scorer of a few lines, `brevity.mjs`, judges recorded conversations beside AutoTraj's own scorers. No model is called.",
  },
} as const satisfies Readonly<Record<string, Start>>;

export type StartName = keyof typeof STARTS;
