import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect } from "chai";
import { findModel, serverCommand, startXllamacpp, type XllamacppServer } from "../../../../test/xllamacpp/launch.ts";
import { anySignal, closeAll, policyAt, rejection, turn } from "./support.ts";

const EXAMPLES = [
  ["What is 3 + 4?", "<think>I add with Python.</think><code>print(3 + 4)</code>\n<result>\n7\n</result>\n<answer>\\boxed{7}</answer>"],
  ["What is 20 - 6?", "<think>I subtract with Python.</think><code>print(20 - 6)</code>\n<result>\n14\n</result>\n<answer>\\boxed{14}</answer>"],
].flatMap(([question = "", text = ""]) => [{ role: "user", content: question } as const, { role: "assistant", content: text, text } as const]);

function asked(question: string, seed: number) {
  return turn({
    messages: [{ role: "system", content: "Use Python in <code> tags." }, ...EXAMPLES, { role: "user", content: question }],
    sampling: { temperature: 0.8, topP: 0.95, topK: 0, maxTokens: 48 },
    seed,
  });
}

describe("policy-openai with a real server (llama.cpp, SmolLM2-135M)", () => {
  let server: XllamacppServer;
  /** llama.cpp tells by which string it stopped only when asked like this. */
  const extraBody = { verbose: true, response_fields: ["stopping_word"] };

  before(async function () {
    this.timeout(300_000);
    server = await startXllamacpp({ slots: 4 });
  });
  after(async () => {
    await closeAll();
    await server?.close();
  });

  it("writes a turn up to the end of its tool call, then goes on after the result to an answer", async () => {
    const policy = await policyAt(server.baseURL, { model: server.model, extraBody });
    const greedy = { temperature: 0, topP: 1, topK: 0, maxTokens: 48 };
    const question = { ...asked("What is 12 + 5?", 1), sampling: greedy };
    const first = await policy.generate(question, anySignal);
    expect(first.finish).to.equal("stop");
    expect(first.text).to.match(/<code>print\(12 \+ 5\)<\/code>$/);
    expect(first.usage.promptTokens).to.be.greaterThan(100);
    expect(first.usage.completionTokens).to.be.within(5, 48);
    const second = await policy.generate(
      {
        ...question,
        continuation: [
          { by: "model", text: first.text },
          { by: "tool", text: "\n<result>\n17\n</result>\n" },
        ],
      },
      anySignal,
    );
    expect(second.text).to.match(/^\s*<answer>.*17.*<\/answer>$/);
    expect(second.usage.cachedTokens, "the first turn's prompt was still there").to.be.greaterThan(0);
  });

  it("gives the same text for the same seed, and other texts for others", async () => {
    const policy = await policyAt(server.baseURL, { model: server.model, extraBody });
    const text = async (seed: number) => (await policy.generate({ ...asked("Tell me about numbers.", seed), stop: [] }, anySignal)).text;
    await text(0); // Fills the prompt cache: cold and warm prompts may round differently.
    const [one, again, ...others] = [await text(1), await text(1), await text(2), await text(3)];
    expect(again).to.equal(one);
    expect(new Set([one, ...others]).size).to.be.greaterThan(1);
  });

  it("serves eight turns at once, each with an ending that is one", async () => {
    const policy = await policyAt(server.baseURL, { model: server.model, extraBody });
    const turns = await Promise.all(Array.from({ length: 8 }, (_, n) => policy.generate(asked(`What is ${n + 2} + ${n}?`, n), anySignal)));
    for (const { text, finish, usage } of turns) {
      expect(usage.completionTokens).to.be.greaterThan(0);
      expect(text).to.not.include("<result>").and.not.include("<|im_end|>");
      if (finish === "stop") expect(text.split(/<\/(?:code|answer)>/).length, text).to.be.at.most(2);
    }
    expect(turns.filter(({ text }) => text.endsWith("</code>")).length, turns.map(({ text }) => text).join("\n---\n")).to.be.at.least(4);
  });

  it("chats without tools, and goes on inside an assistant message", async () => {
    const policy = await policyAt(server.baseURL, { model: server.model, api: "chat", prefix: "assistant" });
    const sampling = { temperature: 0, topP: 1, topK: 0, maxTokens: 12 };
    const messages = [{ role: "user", content: "Say hello" } as const];
    const plain = await policy.generate(turn({ dialect: "native", stop: [], messages, sampling }), anySignal);
    expect(plain.text).to.match(/\w/);
    expect(plain.finish).to.be.oneOf(["stop", "length"]);
    const resumed = await policy.generate(turn({ stop: [], messages, sampling, continuation: [{ by: "model", text: "Hello, I am" }] }), anySignal);
    expect(resumed.text).to.match(/^ \w/, "only what is new").and.not.include("Hello, I am");
  });

  it("says what to do when a prompt is too long for the server", async () => {
    const policy = await policyAt(server.baseURL, { model: server.model });
    const messages = [{ role: "user", content: "word ".repeat(2000) } as const];
    const error = await policy.generate(turn({ messages }), anySignal).catch((thrown: { code: string; message: string }) => thrown);
    expect(error).to.include({ code: "OPENAI_CONTEXT" });
  });

  it("serves a model that a run has trained by a command of its own, asks it like its own, and ends it", async function () {
    this.timeout(300_000);
    const folder = mkdtempSync(join(tmpdir(), "autotraj-serve-"));
    try {
      const command = await serverCommand({ slots: 1 });
      const own = await policyAt(server.baseURL, { model: server.model, extraBody, serve: { command } });
      const loaded = await own.withModel!(await findModel());
      const question = { ...asked("What is 12 + 5?", 1), sampling: { temperature: 0, topP: 1, topK: 0, maxTokens: 48 } };
      expect((await loaded.generate(question, anySignal)).text).to.equal((await own.generate(question, anySignal)).text);
      expect(loaded.identity).to.not.equal(own.identity);
      // The weights are what counts for stored calls, not where they lie or which port was free.
      copyFileSync(await findModel(), join(folder, basename(await findModel())));
      const again = await own.withModel!(join(folder, basename(await findModel())));
      expect(again.identity).to.equal(loaded.identity);
      await Promise.all([loaded.dispose(), again.dispose()]);
      expect((await rejection(loaded.generate(question, anySignal))).message).to.not.equal("");
      writeFileSync(join(folder, "broken.gguf"), "no model");
      const error = await rejection(own.withModel!(join(folder, "broken.gguf")));
      expect(error).to.include({ code: "ATRAJ_MODEL_SERVER" });
      expect(error.message).to.contain("broken.gguf: its server could not be had: it ended with");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("says that it cannot load other weights where no command is given", async () => {
    expect((await policyAt(server.baseURL, { model: server.model })).withModel).to.equal(undefined);
  });
});
