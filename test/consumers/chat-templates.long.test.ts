/** Rows of `chat` in the hands of chat templates: what a model would learn of a call, as real templates write it. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import chat from "../../plugins/formats/chat/src/index.ts";
import { TRL } from "./consumers.ts";
import { check, exportTo, formatOf } from "./exporting.ts";
import { native } from "./samples.ts";

/** Making an environment takes about a minute on two cores, once per machine. */
const PATIENCE_MS = 600_000;
/** Arguments as JSON, or each in tags of its own; the last template wants text. */
const TEMPLATES = ["qwen2_5", "qwen3", "qwen3_5_think", "glm4moe", "deepseekv3"] as const;
type Written = Readonly<Record<(typeof TEMPLATES)[number], readonly string[]>>;

describe("rows of chat messages in chat templates", function () {
  this.timeout(PATIENCE_MS);
  const place = (question: string) => native.findIndex(({ query }) => query.question === question);
  const [parallel, malformed] = [place("two calls in one turn"), place("a malformed call")];
  let objects: Written;
  let texts: Written;

  before(async () => {
    [objects, texts] = [await written(), await written("openai")];
  });

  async function written(variant?: string): Promise<Written> {
    const folder = await exportTo(await formatOf(chat as never, variant), { sft: native });
    try {
      return await check<Written>(TRL, "check_chat_templates.py", join(folder, "sft.jsonl"), ...TEMPLATES);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it("are written with each argument as it was, by templates of all kinds", () => {
    expect(objects.qwen2_5[parallel]).to.include('{"name": "python", "arguments": {"code": "1"}}').and.include('{"query": "q", "k": 2}');
    expect(objects.qwen3[parallel]).to.include('{"name": "python", "arguments": {"code": "1"}}').and.include('{"query": "q", "k": 2}');
    expect(objects.qwen3_5_think[parallel]).to.include("<parameter=code>\n1\n</parameter>").and.include("<parameter=k>\n2\n</parameter>");
    expect(objects.glm4moe[parallel]).to.include("<arg_key>code</arg_key>\n<arg_value>1</arg_value>");
  });

  it("stop no template at a malformed call", () => {
    for (const name of ["qwen2_5", "qwen3", "qwen3_5_think", "glm4moe"] as const) expect(objects[name][malformed], name).to.include("unparsed");
  });

  it("are right as text only where a template asks for text", () => {
    expect(texts.deepseekv3[parallel]).to.include('{"code":"1"}');
    expect(objects.deepseekv3[parallel]).to.match(/^TypeError/);
    expect(texts.qwen2_5[parallel]).to.include('"arguments": "{\\"code');
    expect(texts.qwen3_5_think[parallel]).to.match(/^TypeError/);
    expect(texts.glm4moe[parallel]).to.match(/^UndefinedError/);
  });
});
