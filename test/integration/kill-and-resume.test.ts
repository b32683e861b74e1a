/** A run that is killed again and again ends with the data sets of one that was never disturbed, and asks for no stored call a second time. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { type FakeCall, type FakeServer, startFakeOpenAI } from "../fake-openai/server.ts";

const CLI = fileURLToPath(new URL("../../cli/dist/main.js", import.meta.url));
const FIXTURES = fileURLToPath(new URL("../../core/test/fixtures/plugins", import.meta.url));
const QUERIES = 40;
const KILLS = 20;
const DATASETS = ["sft.jsonl", "preferences.jsonl", "hard-cases.jsonl"];

/** Right or wrong by the seed, so that about half of the candidates have to be repaired; a repair sees exemplars and is right more often. */
function answer({ body }: FakeCall): string {
  const { prompt, seed } = body as { prompt: string; seed: number };
  const tail = prompt.slice(prompt.lastIndexOf("Question:"));
  if (!tail.includes("</result>")) return `<think>${seed}</think>\n<add>20 22</add>`;
  const right = prompt.split("Question:").length > 2 ? seed % 4 > 0 : seed % 2 > 0;
  return `<think>so</think>\n<answer>\\boxed{${right ? 42 : 41}}</answer>`;
}

describe("a run killed at twenty random moments", function () {
  this.timeout(120_000);
  let folder: string;
  let server: FakeServer;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "autotraj-kill-"));
    server = await startFakeOpenAI({ answer, latencyMs: 15 });
    const questions = Array.from({ length: QUERIES }, (_, index) => ({
      id: `q${index}`,
      question: `What is 20 + 22, for the ${index}. time?`,
      answer: "42",
    }));
    await writeFile(join(folder, "questions.jsonl"), questions.map((row) => `${JSON.stringify(row)}\n`).join(""));
    await writeFile(join(folder, "preset.yaml"), preset(server.baseURL));
  });
  after(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("ends with the same data sets as an undisturbed one, byte for byte, and repeats no stored call", async () => {
    expect(await run("undisturbed")).to.equal(0);
    const calls = server.calls.length;
    expect(await datasets("undisturbed")).to.satisfy((files: readonly string[]) => files.slice(0, 2).every((text) => text.length > 1000));

    const random = seeded(20);
    const repeated: number[] = [];
    let kills = 0;
    for (let asked = server.calls.length; kills < KILLS; asked = server.calls.length) {
      const stored = storedSeeds(join(folder, "killed", "run.db"));
      const code = await run("killed", 120 + random() * 380);
      repeated.push(
        ...server.calls
          .slice(asked)
          .map(({ body }) => (body as { seed: number }).seed)
          .filter((seed) => stored.has(seed)),
      );
      if (code === 0) break;
      kills++;
    }
    expect(await run("killed")).to.equal(0);
    expect(kills, "kills that hit a run in progress").to.be.at.least(5);
    expect(repeated, "seeds of stored calls that were asked for again").to.deep.equal([]);
    expect(server.calls.length - calls, "calls of the killed run").to.be.at.least(calls);
    expect(await datasets("killed")).to.deep.equal(await datasets("undisturbed"));
  });

  async function run(name: string, killAfterMs?: number): Promise<number | null> {
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", CLI, "run", "preset.yaml", "--out", name, "--json"], {
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    const timer = killAfterMs === undefined ? undefined : setTimeout(() => child.kill("SIGKILL"), 250 + killAfterMs);
    const [code] = (await once(child, "close")) as [number | null];
    clearTimeout(timer);
    if (code !== null && code !== 0) throw new Error(said);
    return code;
  }

  function datasets(name: string): Promise<readonly string[]> {
    return Promise.all(DATASETS.map((file) => readFile(join(folder, name, "datasets", file), "utf8")));
  }
});

function preset(baseURL: string): string {
  return `name: kill
queries: { train: ./questions.jsonl }
plugins:
  policy: { use: "@autotraj/policy-openai", options: { model: fake, baseURL: "${baseURL}", api: completions, template: paper } }
  tool: { use: ${join(FIXTURES, "adder.mjs")} }
  prompt: { use: "@autotraj/preparer-prompt" }
  scorer: { use: ${join(FIXTURES, "exact-scorer.mjs")} }
  gate: { use: ${join(FIXTURES, "right-gate.mjs")} }
  repair: { use: "@autotraj/repairer-llm", options: { policy: policy, exemplars: 2, attempts: 2 } }
rollout: { policy: policy, candidates: 4, inFlight: 16, wave: 8 }
run: { seed: 5 }
`;
}

/** Seeds of the model calls that the killed run had written down: each call has its own. */
function storedSeeds(file: string): ReadonlySet<number> {
  if (!existsSync(file)) return new Set();
  const database = new DatabaseSync(file);
  try {
    const rows = database.prepare("SELECT json_extract(request, '$.seed') seed FROM calls WHERE kind = 'model'").all() as { seed: number }[];
    return new Set(rows.map(({ seed }) => seed));
  } catch {
    // Killed before its tables were made.
    return new Set();
  } finally {
    database.close();
  }
}

/** Park and Miller's generator: the same moments in every test run. */
function seeded(start: number): () => number {
  let state = start;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
