/** Presets that ask for the right reason: a repair that is right for a wrong one is refused, and one that is right for the right one is kept. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RunStore } from "@autotraj/core";
import { expect } from "chai";
import { type FakeServer, startFakeOpenAI } from "../fake-openai/server.ts";
import { inThisProcess } from "./in-this-process.ts";
import { newFolder } from "./sums.ts";

/** A call, and the answer after its result. */
interface Way {
  readonly call: string;
  readonly answer: string;
}

describe("the preset that asks for the right reason", function () {
  this.timeout(180_000);
  let folder: string;
  let server: FakeServer | undefined;

  beforeEach(() => {
    folder = newFolder();
  });
  afterEach(async () => {
    await server?.close();
    server = undefined;
    rmSync(folder, { recursive: true, force: true });
  });

  /** What became of the repairs of one question whose model goes these ways, one after the other: the candidate's first. */
  async function repairsOf(preset: string, tag: string, question: { readonly question: string }, ways: readonly Way[]): Promise<readonly unknown[]> {
    let begun = 0;
    server = await startFakeOpenAI({
      answer: ({ body }) => {
        const prompt = String(body.prompt);
        const own = prompt.slice(prompt.lastIndexOf(question.question));
        const isAnswered = own.includes("</result>");
        if (!isAnswered) begun++;
        const { call = "", answer = "" } = ways[begun - 1] ?? {};
        return isAnswered
          ? `<think> The result says it, so this is the answer. </think><answer>\\boxed{${answer}}</answer>`
          : `<think> I ask the tool for what is needed first. </think><${tag}>${call}</${tag}>`;
      },
    });
    writeFileSync(join(folder, "questions.jsonl"), `${JSON.stringify(question)}\n`);
    const student = { use: "@autotraj/policy-openai", options: { model: "fake", baseURL: server.baseURL } };
    const mine = { extends: [`@autotraj/preset-${preset}`], plugins: { student }, queries: { train: "questions.jsonl" }, rollout: { candidates: 1 } };
    writeFileSync(join(folder, "mine.json"), JSON.stringify(mine));
    const { code, stderr } = await inThisProcess(["run", "mine.json", "--until", "data", "--out", "out", "--json"], folder);
    expect(code, stderr).to.equal(0);
    const store = RunStore.read(join(folder, "out"));
    try {
      return [...store.trajectories(["kept", "discarded", "repaired", "hard", "accepted", "refused"])].map(
        ({ trajectory: { provenance, answer }, fate, verdict, scores }) => {
          const { correctness } = scores;
          const right = correctness !== undefined && "value" in correctness ? correctness.value : correctness;
          return [
            provenance.repairer ?? provenance.origin,
            answer,
            right,
            fate,
            fate === "refused" && verdict?.reason.includes("grounded 0 < 1") === true ? "grounded" : "",
          ];
        },
      );
    } finally {
      store.close();
    }
  }

  it("word-problems: an answer that its call does not give is no repair, the worked solution is", async () => {
    const question = {
      question: "Tom has 48 eggs. He sells half of them and buys 31 more. How many eggs does he have?",
      answer: "55",
      solution: "He sells 48/2 = <<48/2=24>>24 eggs.\nThen he has 24+31 = <<24+31=55>>55 eggs.\n#### 55",
    };
    expect(
      await repairsOf("word-problems", "calculator", question, [
        { call: "48+31", answer: "79" },
        { call: "48/2", answer: "55" },
      ]),
    ).to.deep.equal([
      ["rollout", "79", 0, "repaired", ""],
      ["repair", "55", 1, "refused", "grounded"],
      ["reference", "55", 1, "accepted", ""],
    ]);
  });

  it("search-qa: an answer that no result holds is no repair, one that was found is", async () => {
    const question = { question: "In which city was the 1975 Mr. Olympia contest held?", answer: "Pretoria" };
    expect(
      await repairsOf("search-qa", "search", question, [
        { call: "1980 Ms. Olympia", answer: "Philadelphia" },
        { call: "1981 Ms. Olympia", answer: "Pretoria" },
        { call: "1975 Mr. Olympia contest", answer: "Pretoria" },
      ]),
    ).to.deep.equal([
      ["rollout", "Philadelphia", 0, "repaired", ""],
      ["repair", "Pretoria", 1, "refused", "grounded"],
      ["hint", "Pretoria", 1, "accepted", ""],
    ]);
  });
});
