import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BeforeRollout, Example, Query } from "@autotraj/core/plugin";
import { setupPlugin, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import { failureOf } from "../../../../test/failure.ts";
import { requestWith } from "../../../../test/trajectories.ts";
import plugin, { type FewShotOptions } from "../src/index.ts";

const ANSWER = { role: "assistant", content: "\\boxed{1}" } as const;
const example = (question: string, task?: string) => ({ question, messages: [ANSWER], ...(task === undefined ? {} : { task }) });

const FILE = [
  example("What is the greatest common divisor of 12 and 18?", "gcd"),
  example("What is 3 + 4?", "sum"),
  example("How many legs do 4 dogs and 2 hens have?", "legs"),
  example("What is the least common multiple of 4 and 6?", "lcm"),
];

describe("worked examples", () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-few-shot-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  const write = (...lines: readonly (object | string)[]) => {
    writeFileSync(join(folder, "examples.jsonl"), lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  };
  const plugged = (options: Partial<FewShotOptions>) =>
    setupPlugin(plugin, { options: { examples: "examples.jsonl", count: 1, ...options }, baseDir: folder });

  async function shown(query: Partial<Query>, options: Partial<FewShotOptions> = {}, earlier: readonly Example[] = []): Promise<readonly Example[]> {
    const request = requestWith({ query: { id: "q", question: "?", answers: [], ...query }, examples: earlier });
    const changed = await ((await plugged(options)).taps[0]!.tap as BeforeRollout)(request, testRun());
    if (changed === undefined || "drop" in changed) throw new Error("the request was not changed");
    return changed.examples;
  }
  const questions = async (query: Partial<Query>, options: Partial<FewShotOptions> = {}) =>
    (await shown(query, options)).map(({ question }) => question);

  const mistake = (options: Partial<FewShotOptions> = {}) => failureOf(plugged(options));

  describe("chosen as fixed", () => {
    it("are the file's first ones in the file's order, whatever is asked", async () => {
      write(...FILE);
      expect(await questions({ question: "legs of dogs" }, { count: 2 })).to.deep.equal([FILE[0]!.question, FILE[1]!.question]);
    });

    it("never are the question itself", async () => {
      write(...FILE);
      expect(await questions({ question: ` ${FILE[0]!.question}\n` }, { count: 2 })).to.deep.equal([FILE[1]!.question]);
    });
  });

  describe("chosen as similar", () => {
    const similar = { choose: "similar" } as const;

    it("are the most similar ones, the most similar last, right before the question", async () => {
      write(...FILE);
      const asked = await questions({ question: "What is the greatest common divisor of 5 and 25?" }, { ...similar, count: 2 });
      expect(asked).to.deep.equal([FILE[3]!.question, FILE[0]!.question]);
    });

    it("take numbers for alike", async () => {
      write(example("What is 3 of 4?"), example("What is 1,234.5 + 0.75?"));
      expect(await questions({ question: "What is 99 + 1?" }, similar)).to.deep.equal(["What is 1,234.5 + 0.75?"]);
    });

    it("prefer the same task to the same words", async () => {
      write(...FILE);
      expect(await questions({ question: "What is 3 + 5?", task: "legs" }, similar)).to.deep.equal([FILE[2]!.question]);
    });

    it("do not count a missing task as the same task", async () => {
      write(example("dogs"), example("cats and hens", "pets"));
      expect(await questions({ question: "hens and cats" }, similar)).to.deep.equal(["cats and hens"]);
    });

    it("never are the question itself; the next one is taken", async () => {
      write(...FILE);
      expect(await questions({ question: FILE[0]!.question, task: "gcd" }, similar)).to.deep.equal([FILE[3]!.question]);
    });

    it("are the file's first of equals", async () => {
      write(example("aaa"), example("bbb"));
      expect(await questions({ question: "zzz" }, similar)).to.deep.equal(["aaa"]);
    });

    it("are found for a question of a million dots", async () => {
      write(...FILE);
      expect(await questions({ question: ".".repeat(1_000_000) }, similar)).to.have.length(1);
    });
  });

  it("come after those of an earlier preparer, with their messages as they are and without their task", async () => {
    write(...FILE);
    const earlier = { question: "earlier", messages: [ANSWER] };
    expect(await shown({}, {}, [earlier])).to.deep.equal([earlier, { question: FILE[0]!.question, messages: [ANSWER] }]);
  });

  it("are found by an absolute path, as the kernel makes it from the file that set it", async () => {
    write(...FILE);
    expect(await shown({}, { examples: join(folder, "examples.jsonl") })).to.have.length(1);
    expect(plugin.meta.options.properties["examples"]).to.include({ path: true });
  });

  it("are refused when there are fewer than asked for", async () => {
    write(...FILE, "", "  ");
    const { code, message } = await mistake({ count: 5 });
    expect(`${code}: ${message}`).to.equal(`EXAMPLES_TOO_FEW: count is 5, but ${join(folder, "examples.jsonl")} holds 4 examples.`);
  });

  it("that are not there are named with their path", async () => {
    const { code, message } = await mistake({ examples: "nowhere.jsonl" });
    expect(code).to.equal("EXAMPLES_NOT_FOUND");
    expect(message).to.include(join(folder, "nowhere.jsonl")).and.include("ENOENT");
  });

  it("that are wrong are all named at once, with file and line", async () => {
    const openAi = { role: "assistant", content: "", tool_calls: [] };
    write(
      example("fine"),
      "{",
      "",
      "null",
      { question: "", messages: [ANSWER] },
      { question: "no messages" },
      { question: "q", messages: [{ role: "user", content: "?" }, ANSWER] },
      { question: "q", messages: [ANSWER, { role: "tool", content: "1" }] },
      { question: "q", messages: [{ role: "assistant" }] },
      { question: "q", messages: [openAi, ANSWER] },
      { question: "q", messages: [null] },
    );
    const { code, message } = await mistake();
    const file = join(folder, "examples.jsonl");
    expect(code).to.equal("EXAMPLES_INVALID");
    expect(message.split("\n").map((line) => line.replace(file, "FILE"))).to.deep.equal([
      "FILE:2 is not JSON.",
      "FILE:4 has no question.",
      "FILE:5 has no question.",
      "FILE:6 has no messages.",
      "FILE:7 has a message (number 1) that is neither the assistant's nor a tool's.",
      "FILE:8 does not end with an assistant message that answers.",
      "FILE:9 has a message (number 1) whose content is not text.",
      "FILE:10 has a message (number 1) with tool calls in the chat API's shape; expected toolCalls: [{id, name, arguments}].",
      "FILE:11 has a message (number 1) that is neither the assistant's nor a tool's.",
    ]);
  });
});
