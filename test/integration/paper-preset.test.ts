/** The preset `paper` as it is, played against models by script: which trajectories its rules keep, repair and give up, each number worked by hand. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { type FakeServer, startFakeOpenAI } from "../fake-openai/server.ts";
import { inThisProcess } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

/** A turn of so many words in all, no three of them twice, with this in its answer. */
function saying(count: number, answer: string, hedge = ""): string {
  const thought = Array.from({ length: count - 2 }, (_, at) => `w${at}`).join(" ");
  return `<think> ${thought}${hedge} </think><answer>${answer}</answer>`;
}

interface Script {
  readonly gold: string;
  readonly candidates: readonly [string, string];
  readonly repair?: string;
}

/** S = 0.4·C + 0.3·L + 0.3·R; R is 1 everywhere, L = exp(−2·(n/n* − 1)²). */
const SCRIPTS: Readonly<Record<string, Script>> = {
  // n* = 20. 28 words: L = exp(−0.32) = 0.726149, S = 0.917845. Both reach 0.90.
  "both are good": { gold: "7", candidates: [saying(20, "\\boxed{7}"), saying(28, "\\boxed{7}")] },
  // 30 words: L = exp(−0.5) = 0.606531, S = 0.881959, below 0.90; the best reaches 0.86. Its repair of 25 words has n* = min(30, 25), S = 1.
  "one is better": { gold: "7", candidates: [saying(20, "\\boxed{7}"), saying(30, "\\boxed{7}")], repair: saying(25, "\\boxed{7}") },
  // One hedging word each: S is at most 0.6; 20 words beside 19 have L = exp(−2/361) = 0.994475, S = 0.598343. A repair of 31 words has n* = 20: L = exp(−2·0.55²) = 0.546074, S = 0.863822, above 0.86;
  // and n* = 19 beside the other: L = exp(−2·0.631579²) = 0.450325, S = 0.835098, not.
  "both hedge": {
    gold: "7",
    candidates: [saying(19, "\\boxed{7}", " maybe"), saying(18, "\\boxed{7}", " likely")],
    repair: saying(31, "\\boxed{7}"),
  },
  // A repair of a wrong answer has L = 1, however long it is.
  "both are wrong": { gold: "7", candidates: [saying(20, "\\boxed{8}"), saying(21, "\\boxed{9}")], repair: saying(90, "\\boxed{7}") },
  // It hedges: S = 0.6, not above 0.80.
  "its repair hedges": { gold: "7", candidates: [saying(20, "\\boxed{8}"), saying(20, "\\boxed{7}")], repair: saying(20, "\\boxed{7}", " perhaps") },
  // Published faults: an empty answer is a part of gold, and so is one word of it; the last braces of 4/2 and 3/2 both hold 2.
  "nothing is right": { gold: "Paris, France", candidates: [saying(20, ""), saying(20, "\\boxed{France}")] },
  "halves are two": { gold: "\\frac{3}{2}", candidates: [saying(20, "\\boxed{\\frac{4}{2}}"), saying(20, "\\boxed{2}")] },
};

describe("the preset paper", () => {
  let folder: string;
  let server: FakeServer;
  const asked = new Map<string, number>();
  before(async () => {
    folder = newFolder();
    server = await startFakeOpenAI({
      answer: ({ body }) => {
        const question = String(body.prompt).split("\nQuestion:\n").at(-1)?.split("\n")[0] ?? "";
        const { candidates, repair } = SCRIPTS[question] as Script;
        if (body.model === "Qwen2.5-32B-Instruct") return repair ?? "no repair was asked for";
        const at = asked.get(question) ?? 0;
        asked.set(question, at + 1);
        return candidates[at] ?? "no more candidates were asked for";
      },
    });
    const endpoint = { options: { baseURL: server.baseURL, apiKey: { $file: "key" } } };
    const preset = {
      extends: ["@autotraj/preset-paper"],
      queries: { train: "questions.jsonl", evaluate: "questions.jsonl" },
      plugins: { policy: endpoint, teacher: endpoint, python: false, bwrap: false, pyodide: false },
      rollout: { inFlight: 1 },
    };
    writeFileSync(join(folder, "key"), "any-word-will-do");
    writeFileSync(join(folder, "mine.json"), JSON.stringify(preset));
    const rows = Object.entries(SCRIPTS).map(([question, { gold }]) => JSON.stringify({ id: question, question, answer: gold }));
    writeFileSync(join(folder, "questions.jsonl"), rows.join("\n"));
    const { code, stderr } = await inThisProcess(["run", "mine.json", "--out", "out", "--until", "data"], folder);
    expect(code, stderr).to.equal(0);
  });
  after(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  interface Row {
    readonly query: { readonly id: string };
    readonly messages: readonly { readonly text?: string }[];
    readonly scores: Readonly<Record<string, { readonly value?: number }>>;
    readonly provenance: { readonly origin: string };
  }
  const rows = <T>(name: string): readonly T[] =>
    readFileSync(join(folder, "out", "datasets", name), "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as T);

  /** Who wrote it, in how many words, with which S. */
  const told = ({ provenance, messages, scores }: Row) =>
    `${provenance.origin} of ${messages.at(-1)?.text?.split(" ").length}: ${scores["quality"]?.value?.toFixed(6) ?? "wrong"}`;

  it("keeps and repairs by the paper's numbers", () => {
    const kept = Map.groupBy(rows<Row>("sft.jsonl"), ({ query }) => query.id);
    expect(Object.fromEntries([...kept].map(([question, own]) => [question, own.map(told)]))).to.deep.equal({
      "both are good": ["rollout of 20: 1.000000", "rollout of 28: 0.917845"],
      "one is better": ["rollout of 20: 1.000000", "repair of 25: 1.000000"],
      "both hedge": ["repair of 31: 0.863822"],
      "both are wrong": ["repair of 90: 1.000000"],
      "its repair hedges": ["rollout of 20: 1.000000"],
      "nothing is right": ["rollout of 20: 1.000000", "rollout of 20: 1.000000"],
      "halves are two": ["rollout of 20: 1.000000", "rollout of 20: 1.000000"],
    });
  });

  it("makes pairs of what was repaired and its original, and none of what was kept", () => {
    const pairs = rows<{ chosen: Row; rejected: Row }>("preferences.jsonl");
    expect(pairs.map(({ chosen, rejected }) => [chosen.query.id, told(chosen), told(rejected)])).to.deep.equal([
      ["one is better", "repair of 25: 1.000000", "rollout of 30: 0.881959"],
      ["both hedge", "repair of 31: 0.863822", "rollout of 20: 0.598343"],
      ["both are wrong", "repair of 90: 1.000000", "rollout of 20: wrong"],
      ["both are wrong", "repair of 90: 1.000000", "rollout of 21: wrong"],
    ]);
  });

  it("counts what it keeps by the rule of the paper's evaluation too, which is another one", () => {
    const right = (question: string) =>
      rows<Row>("sft.jsonl").flatMap(({ query, scores }) => (query.id === question ? [scores["correctnessPaper"]?.value] : []));
    expect(right("both are good")).to.deep.equal([1, 1]);
    // No answer is none of the words, and France is one of two: F1 = 2 · 1 · ½ / 1½ = 0.67.
    expect(right("nothing is right")).to.deep.equal([0, 1]);
    // Gold's first braces hold 3; the boxes hold 4 and 2.
    expect(right("halves are two")).to.deep.equal([0, 0]);
  });
});
