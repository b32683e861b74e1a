/** Which tokens carry loss, stage by stage, as the training code itself makes its rows. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dialects, type JsonObject } from "@autotraj/core";
import { expect } from "chai";
import { writeRewardPairs, writeSft } from "../../src/training/rows.ts";
import { folder, jsonl, nativeSftRow, pairRow, python, sftRow, tinyModel } from "./jobs.ts";

type Runs = readonly (readonly [boolean, string])[];
interface Found {
  readonly sftTags: Runs;
  readonly sftNative: Runs;
  readonly rewardTags: Runs;
  readonly rewardNative: Runs;
  readonly rlTags: Runs;
  readonly rlNative: Runs;
  readonly rlNativePlayed: boolean;
  readonly rlNativeLikeSft: boolean;
  readonly toldInNative: readonly JsonObject[];
  readonly forgedInNative: readonly number[];
  readonly dump: string;
  readonly promptsAlike: boolean;
  readonly sampledLikeTrained: boolean;
  readonly templates: readonly boolean[];
  readonly forged: readonly unknown[];
  readonly vllm: { readonly asked: readonly unknown[]; readonly turns: readonly unknown[] };
  readonly greedyAlike: boolean;
  readonly stops: readonly unknown[];
}

const PROMPT = "<|im_start|>system\nCalculate with <code>.<|im_end|>\n<|im_start|>user\nWhat is 6 * 7?<|im_end|>\n<|im_start|>assistant\n";

describe("what carries loss", function () {
  this.timeout(600_000);
  const dirs: string[] = [];
  let found: Found;
  before(async () => {
    const [model, dir] = [await tinyModel("all"), folder()];
    dirs.push(dir);
    const nativePair = { query: sftRow(6)["query"], chosen: nativeSftRow(6), rejected: nativeSftRow(6) };
    const rowOf = async (row: unknown, write: typeof writeSft, dialect: "tags" | "native") => {
      writeFileSync(join(dir, "row.jsonl"), jsonl([row]));
      await write(join(dir, "row.jsonl"), join(dir, "written.jsonl"), dialects, dialect);
      return JSON.parse(readFileSync(join(dir, "written.jsonl"), "utf8")) as JsonObject;
    };
    const rows = {
      tags: await rowOf(sftRow(6), writeSft, "tags"),
      native: await rowOf(nativeSftRow(6), writeSft, "native"),
      pairTags: await rowOf(pairRow(6), writeRewardPairs, "tags"),
      pairNative: await rowOf(nativePair, writeRewardPairs, "native"),
    };
    writeFileSync(join(dir, "rows.json"), JSON.stringify(rows));
    found = JSON.parse(await python("check_masks.py", model, join(dir, "rows.json")));
  });
  after(() => {
    for (const dir of dirs) rmSync(dir, { recursive: true });
  });

  it("in SFT is what the model wrote and its end, in both dialects", () => {
    expect(found.sftTags).to.deep.equal([
      [false, PROMPT],
      [true, "<code>print(6 * 7)</code>"],
      [false, "\n<result>\nRESULT-42\n</result>\n"],
      [true, "<answer>42</answer><|im_end|>"],
      [false, "\n"],
    ]);
    const trained = found.sftNative.filter(([loss]) => loss).map(([, text]) => text);
    expect(trained).to.have.length(2);
    expect(trained[0]).to.match(/<tool_call>\n\{"name": "python", "arguments": \{"code": "print\(6 \* 7\)"\}\}\n<\/tool_call><\|im_end\|>$/);
    expect(trained[1]).to.match(/42<\|im_end\|>$/);
  });

  it("in a reward model's input is no token: the score is read at the last one, results are seen", () => {
    for (const runs of [found.rewardTags, found.rewardNative]) {
      expect(runs).to.have.length(2);
      expect(runs[0]).to.satisfy(([loss, text]: Runs[number]) => !loss && text.includes("RESULT-42"));
      expect(runs[1]).to.deep.equal([true, "<|im_end|>"]);
    }
  });

  it("in RL is what was sampled; the end that was not sampled has none", () => {
    expect(found.rlTags).to.deep.equal([
      [false, PROMPT],
      [true, "<code>print(6 * 7)</code>"],
      [false, "\n<result>\nRESULT-42\n</result>\n"],
      [true, "<answer>42</answer>"],
      [false, "<|im_end|>"],
    ]);
  });

  it("in RL with native calls is what SFT learns of the same turns, token for token, as the rollout itself makes its rows", () => {
    const trained = found.rlNative.filter(([loss]) => loss).map(([, text]) => text);
    expect(trained).to.have.length(2);
    expect(trained[0]).to.match(/<tool_call>\n\{"name": "python", "arguments": \{"code": "print\(6 \* 7\)"\}\}\n<\/tool_call><\|im_end\|>$/);
    expect(found).to.deep.include({ rlNativePlayed: true, rlNativeLikeSft: true });
    const [call, answer] = found.toldInNative;
    expect(call).to.deep.include({ index: 0, finish: "tool-calls", toolCalls: [{ id: "", name: "python", arguments: '{"code": "print(6 * 7)"}' }] });
    expect(answer).to.deep.include({ index: 1, finish: "stop" });
    // The turn that the results stand in and the model's next one; both forged ends are plain text.
    expect(found.forgedInNative).to.deep.equal([2, 2]);
  });

  it("is never a tool's result", () => {
    for (const runs of [found.sftTags, found.sftNative, found.rewardTags, found.rewardNative, found.rlTags, found.rlNative]) {
      expect(runs.some(([loss, text]) => !loss && text.includes("RESULT-42"))).to.equal(true);
      for (const [loss, text] of runs) if (loss) expect(text).not.to.match(/RESULT|result/);
    }
  });

  it("can be looked at, token by token", () => {
    expect(found.dump)
      .to.match(/^ {6}'RES/m)
      .and.match(/^loss {2}'4'\nloss {2}'2'$/m);
    expect(found.dump.split("\n").at(-1)).to.equal("      '<|im_end|>'");
  });

  it("is tokenised in training, in RL and by policies alike", () => {
    expect(found).to.deep.include({ promptsAlike: true, sampledLikeTrained: true, templates: [true, true] });
    // One mark opens the question, one closes it, one opens the turn.
    expect(found.forged).to.deep.equal([true, true, 3]);
  });

  it("is asked of a vLLM server by limit and stop strings, and its answers keep their places", () => {
    const common = { model: "m", temperature: 0.7, stop: ["</code>"] };
    expect(found.vllm.asked).to.deep.equal([
      { ...common, prompt: [[3]], max_tokens: 4 },
      { ...common, prompt: [[1], [2]], max_tokens: 8 },
      { ...common, prompt: [[4]], max_tokens: 8, stop: ["</find>"] },
    ]);
    expect(found.vllm.turns).to.deep.equal([
      ["<code>1</code>", "stop", false, -1, true],
      ["cut", "length", false, -3, true],
      ["no call", "stop", true, -2, true],
      // Another question's tag is text.
      ["</code></find>", "stop", false, -4, true],
    ]);
  });

  it("is sampled in RL as transformers samples, each row to its own end", () => {
    expect(found.greedyAlike).to.equal(true);
    expect(found.stops).to.deep.equal([
      ["<code>1</code>", "stop", false],
      ["no call", "stop", true],
    ]);
  });
});
