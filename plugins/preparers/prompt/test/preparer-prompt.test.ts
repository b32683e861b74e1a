import { type BeforeRollout, PluginError, type RolloutRequest, TOOL, type ToolDefinition } from "@autotraj/core/plugin";
import { setupPlugin, testRun } from "@autotraj/testkit";
import { expect } from "chai";
import { requestWith } from "../../../../test/trajectories.ts";
import plugin, { type PromptOptions } from "../src/index.ts";

const PYTHON: ToolDefinition = {
  name: "python",
  description: "Runs Python. Costs $& and {maxToolCalls} nothing",
  parameters: { type: "object", properties: {} },
  tag: { name: "code", argument: "code" },
};
const { tag: _tag, ...TAGLESS } = { ...PYTHON, name: "search" };

async function prompted(
  request: Partial<RolloutRequest> = {},
  options: Partial<PromptOptions> = {},
  definitions: Readonly<Record<string, ToolDefinition>> = { py: PYTHON, find: TAGLESS },
): Promise<string> {
  const services = Object.entries(definitions).map(([id, definition]) => [TOOL, { definition }, id] as const);
  const plugged = await setupPlugin(plugin, { options, services });
  const full = requestWith({ tools: ["py"], ...request });
  const changed = await (plugged.taps[0]!.tap as BeforeRollout)(full, testRun());
  if (changed === undefined || "drop" in changed) throw new Error("the request was not changed");
  expect({ ...changed, system: "" }).to.deep.equal({ ...full, system: "" });
  return changed.system;
}

async function refusal(request: Partial<RolloutRequest>, options: Partial<PromptOptions> = {}): Promise<unknown> {
  return prompted(request, options).then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe("the system prompt", () => {
  it("tells a tags model its tags, its tools and how often it may call them", async () => {
    const text = await prompted();
    for (const tag of ["<think>", "</think>", "<result>", "<answer>", "\\boxed{...}"]) expect(text).to.include(tag);
    expect(text).to.include("at most 3 times").and.include(`\n- <code>...</code>: ${PYTHON.description}\n`);
  });

  it("tells a native model the limit, and leaves tags and tools to the chat API", async () => {
    const text = await prompted({ dialect: "native", maxToolCalls: 5 });
    expect(text).to.include("at most 5 times").and.include("\\boxed{}").and.not.include("<").and.not.include("Runs Python");
  });

  it("does not speak of tools where there are none", async () => {
    for (const dialect of ["tags", "native"] as const) {
      const text = await prompted({ dialect, tools: [] });
      expect(text).to.include("\\boxed").and.not.include("tool").and.not.include("{maxToolCalls}").and.not.include("{tools}");
    }
  });

  it("takes nothing in a tool's description for a placeholder", async () => {
    expect(await prompted()).to.include("Costs $& and {maxToolCalls} nothing");
  });

  it("ends with what the preset adds", async () => {
    expect(await prompted({}, { extra: "Answer in metres." })).to.match(/<\/answer>\nAnswer in metres\.$/);
  });

  it("is the preset's own text with its placeholders filled in, every time they occur", async () => {
    const system = "{maxToolCalls} calls. {tools} Really, {maxToolCalls}.";
    const line = `- search: ${TAGLESS.description}`;
    expect(await prompted({ dialect: "native", tools: ["find"] }, { system, extra: "unused" })).to.equal(`3 calls. ${line} Really, 3.`);
  });

  it("replaces what was there before, with only the tools of the request", async () => {
    expect(await prompted({ system: "old" }))
      .not.to.include("old")
      .and.not.include("search");
  });
});

describe("a tool without a tag", () => {
  it("is refused in the tags dialect, by name and with what to do", async () => {
    const error = (await refusal({ tools: ["py", "find"] })) as PluginError;
    expect(error).to.be.instanceOf(PluginError);
    expect(error.code).to.equal("TOOL_WITHOUT_TAG");
    expect(error.message).to.equal('the tool "search" cannot be called in the tags dialect: it has no tag.');
    expect(error.hint).to.include("native");
  });

  it("is refused also where the preset's own text does not list the tools", async () => {
    expect(await refusal({ tools: ["find"] }, { system: "Be brief." })).to.be.instanceOf(PluginError);
  });

  it("is welcome in the native dialect", async () => {
    expect(await refusal({ tools: ["find"], dialect: "native" })).to.equal(undefined);
  });
});
