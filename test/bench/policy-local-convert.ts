/**
 * What converting a model costs in accuracy: torch's float32 against the converted GGUF files, on conversations of the quickstart's questions.
 * "next token": at each step of torch's greedy continuation, does the file's most likely token equal torch's? "logits": how far the gaps between the largest
 * logit and the four next ones are from torch's. "turns": greedy turns that the policy itself writes over the folder (`withModel`).
 *
 *   AUTOTRAJ_TORCH_PYTHON=<a Python with torch, transformers and gguf> node test/bench/policy-local-convert.ts [folder] [questions, 12]
 *
 * Without a folder, one is made of SmolLM2-135M-Instruct's GGUF file.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pythonEnvironments } from "../../core/src/host/python-environments.ts";
import { convertModel } from "../../plugins/policies/local/src/convert.ts";
import { pullModel } from "../../plugins/policies/local/src/index.ts";
import { agreement, type TorchAnswer } from "../../plugins/policies/local/test/torch-agreement.ts";
import { promptWith, startPolicy } from "../../plugins/policies/local/test/trajectories.ts";
import { defaultCacheDir } from "../kit/src/index.ts";

const MAX_TOKENS = 48;
const TYPES = ["q8_0", "bf16", "f16"] as const;

const torchPython = process.env["AUTOTRAJ_TORCH_PYTHON"];
if (torchPython === undefined) console.log("left out: AUTOTRAJ_TORCH_PYTHON names no Python with torch, transformers and gguf");
else await compare(torchPython, ...process.argv.slice(2));

async function compare(python: string, givenFolder = "", questions = "12"): Promise<void> {
  const temporary = mkdtempSync(join(tmpdir(), "autotraj-convert-"));
  const torch = (...args: readonly string[]) =>
    execFileSync(python, [fileURLToPath(new URL("policy-local-convert.py", import.meta.url)), ...args], {
      stdio: ["ignore", "inherit", "pipe"],
      encoding: "utf8",
      // One thread that waits asleep: on shared cores more of them are slower, not faster.
      env: { ...process.env, OMP_NUM_THREADS: "1", OMP_WAIT_POLICY: "PASSIVE" },
    });
  try {
    const environments = pythonEnvironments(defaultCacheDir());
    const folder = givenFolder === "" ? join(temporary, "model") : givenFolder;
    if (givenFolder === "") torch("make", (await pullModel("smollm2-135m", { cacheDir: defaultCacheDir(), python: environments })).path, folder);
    const file = new URL("../../presets/quickstart/questions.jsonl", import.meta.url);
    const rows = readFileSync(file, "utf8").trim().split("\n").slice(0, Number(questions));
    const conversations = rows.map((row) => promptWith((JSON.parse(row) as { question: string }).question, 1));
    writeFileSync(join(temporary, "in.json"), JSON.stringify({ conversations, maxTokens: MAX_TOKENS }));
    torch("answer", folder, join(temporary, "in.json"), join(temporary, "out.json"));
    const answers = JSON.parse(readFileSync(join(temporary, "out.json"), "utf8")) as TorchAnswer[];

    for (const type of TYPES) {
      const started = performance.now();
      const converted = await convertModel(folder, { python: environments, type, file: join(temporary, `${type}.gguf`) });
      console.log(`${type.padEnd(5)} converted in ${((performance.now() - started) / 1000).toFixed(1)} s; ${await agreement(converted, answers)}`);
    }
    console.log(`turns ${await equalTurns(folder, conversations, answers)}`);
  } finally {
    rmSync(temporary, { recursive: true });
  }
}

async function equalTurns(folder: string, conversations: readonly ReturnType<typeof promptWith>[], answers: readonly TorchAnswer[]): Promise<string> {
  const { policy, plugin } = await startPolicy({ sequences: 2 });
  try {
    const loaded = await policy.withModel!(folder);
    let [turns, tokens, wanted, prompts] = [0, 0, 0, 0];
    for (const [index, messages] of conversations.entries()) {
      const { prompt, tokens: expected } = answers[index]!;
      const sampling = { temperature: 0, topP: 1, topK: 0, maxTokens: MAX_TOKENS };
      const request = { messages, continuation: [], dialect: "tags", tools: [], stop: [], sampling, seed: 0, session: String(index) } as const;
      const turn = await loaded.generate(request, { signal: new AbortController().signal });
      const differs = expected.findIndex((token, at) => turn.tokens?.[at] !== token);
      const same = differs < 0 ? expected.length : differs;
      [turns, tokens, wanted] = [turns + Number(same === expected.length), tokens + same, wanted + expected.length];
      prompts += Number(turn.usage.promptTokens === prompt.length);
      loaded.endSession?.(String(index));
    }
    await loaded.dispose();
    const of = conversations.length;
    return `${turns} of ${of} equal in every token, ${tokens} of ${wanted} tokens before the first difference; prompts as long as torch's: ${prompts} of ${of}`;
  } finally {
    await plugin.dispose();
  }
}
