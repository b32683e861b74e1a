import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dialects, type Message } from "@autotraj/core";
import { expect } from "chai";
import { CHATML_TEMPLATE, conversationOf, readRendering, writeRendering } from "../src/rendering.ts";
import { CALL, IN_TAGS, NATIVE, trajectory } from "./trajectories.ts";

const ASKED: readonly Message[] = [{ role: "user", content: "?" }];

describe("what a reward model is shown of a trajectory", () => {
  it("is in tags one message of the assistant with all that followed the question, results included", () => {
    expect(conversationOf(IN_TAGS, "tags", dialects)).to.deep.equal({
      messages: [...IN_TAGS.messages.slice(0, 2), { role: "assistant", content: "<code>6*7</code>\n<result>\n42\n</result>\n<answer>42</answer>" }],
      tools: [],
    });
  });

  it("is in native each turn as a chat template wants it, no turn marked", () => {
    const { messages, tools } = conversationOf(NATIVE, "native", dialects);
    expect(messages.map(({ role }) => role)).to.deep.equal(["system", "user", "assistant", "tool", "assistant"]);
    expect(messages[2]).to.deep.equal({
      role: "assistant",
      content: "",
      reasoning_content: "Calculate.",
      tool_calls: [{ id: "c", type: "function", function: { name: "python", arguments: { code: "6*7" } } }],
    });
    expect(tools).to.have.length(1);
  });

  it("is in the dialect that the model was trained on, whatever it was written in", () => {
    expect(conversationOf(NATIVE, "tags", dialects).messages.at(-1)?.["content"]).to.match(/^<think>Calculate\.<\/think>.*<answer>42<\/answer>/s);
  });

  it("holds no lone surrogate, which no tokenizer takes", () => {
    const odd = trajectory([...ASKED, { role: "assistant", content: "", text: "<answer>\ud83e</answer>" }]);
    expect(conversationOf(odd, "tags", dialects).messages.at(-1)).to.deep.equal({ role: "assistant", content: "<answer>\ufffd</answer>" });
    const native = trajectory([...ASKED, { role: "assistant", content: "\ud83e", reasoning: "\ud83e", toolCalls: [CALL] }], { dialect: "native" });
    expect(conversationOf(native, "native", dialects).messages.at(-1)).to.deep.include({ content: "\ufffd", reasoning_content: "\ufffd" });
  });
});

describe("the rule in render.json", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-rendering-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is read as it was written", async () => {
    const rendering = { dialect: "tags", template: CHATML_TEMPLATE, maxLength: 2048 } as const;
    writeFileSync(join(folder, "config.json"), "{}");
    writeRendering(folder, rendering);
    expect(await readRendering(folder)).to.deep.equal(rendering);
    expect(JSON.parse(readFileSync(join(folder, "render.json"), "utf8"))).to.deep.include({ version: 1, truncation: "middle" });
  });

  const template = "{{ messages }}";
  const rule = {
    version: 1,
    dialect: "tags",
    template,
    templateSha256: createHash("sha256").update(template).digest("hex"),
    maxLength: 512,
    truncation: "middle",
  };
  const reading = async (changes: object | string) => {
    writeFileSync(join(folder, "config.json"), "{}");
    writeFileSync(join(folder, "render.json"), typeof changes === "string" ? changes : JSON.stringify({ ...rule, ...changes }));
    return readRendering(folder).then(
      (rendering) => rendering,
      (error: Error & { code: string }) => `${error.code}: ${error.message.replace(folder, "…")}`,
    );
  };

  it("names the dialect, the template and the longest text", async () => {
    expect(await reading({})).to.deep.equal({ dialect: "tags", template, maxLength: 512 });
    expect(await reading({ maxLength: null, dialect: "native" })).to.deep.equal({ dialect: "native", template, maxLength: null });
  });

  it("is refused where it is not the trainer's any more, or says what nobody here knows", async () => {
    const followed = "REWARD_MODEL_RENDERING: …/render.json cannot be followed: ";
    expect(await reading({ template: "{{ messages | upper }}" })).to.contain(`${followed}its template is not the one whose hash it gives`);
    expect(await reading({ version: 2 })).to.contain(`${followed}its version is 2, and 1 is known`);
    expect(await reading({ truncation: "end" })).to.contain(`${followed}its truncation is "end"`);
    expect(await reading({ dialect: "xml" })).to.contain(`${followed}its dialect is "xml"`);
    expect(await reading({ maxLength: 1.5 })).to.contain(`${followed}its maxLength is 1.5`);
    expect(await reading("{")).to.contain(`${followed}it is no JSON`);
    expect(await reading("null")).to.contain(`${followed}its version is undefined`);
  });

  it("must be there, beside a model", async () => {
    const failure = await readRendering(folder).catch((error: Error & { code: string }) => error);
    expect(failure).to.include({ code: "REWARD_MODEL_FOLDER", message: `${folder} holds no trained reward model (no config.json).` });
  });
});
