import { DIALECTS, dialects, FORMAT, type Format, type JsonObject, type Message, PluginError, type Trajectory } from "@autotraj/core";
import { setupPlugin } from "@autotraj/testkit";
import { turnsRow } from "@autotraj/trajectory-text/turns";
import { expect } from "chai";
import { ASKED, IN_TAGS, NATIVE, trajectory } from "../../../libraries/trajectory-text/test/trajectories.ts";
import plugin from "../src/index.ts";

async function trl(): Promise<Format> {
  return (await setupPlugin(plugin, { services: [[DIALECTS, dialects]] })).provided(FORMAT);
}

async function sft(it: Trajectory): Promise<JsonObject> {
  return (await trl()).sft!(it) as JsonObject;
}

describe("TRL's SFT rows", () => {
  it("hold the turns with their loss, and the trajectory's id", async () => {
    expect(await sft(IN_TAGS)).to.deep.equal({ id: "t-1", ...turnsRow(IN_TAGS, dialects) });
  });

  it("never have what stock loaders take for ordinary text to train on", async () => {
    for (const trajectory of [IN_TAGS, NATIVE])
      expect(await sft(trajectory)).not.to.have.any.keys("messages", "text", "prompt", "completion", "conversations");
  });

  it("are left out where nothing is to be learnt", async () => {
    const kept: Message = { role: "assistant", content: "a", text: "a", train: false };
    for (const dialect of ["tags", "native"] as const) expect(await sft(trajectory([...ASKED, kept], { dialect }))).to.equal(undefined);
  });
});

describe("TRL's preference rows", () => {
  const rejected: Trajectory = { ...NATIVE, id: "t-2", messages: [{ role: "system", content: "Other words." }, ...NATIVE.messages.slice(1)] };

  it("write both sides with the chosen one's prompt, tools and dialect", async () => {
    const row = (await trl()).preference!({ query: IN_TAGS.query, chosen: IN_TAGS, rejected }) as JsonObject;
    expect(row["dialect"]).to.equal("tags");
    const [chosen, other] = [row["chosen_turns"] as JsonObject[], row["rejected_turns"] as JsonObject[]];
    expect(other.slice(0, 2)).to.deep.equal(chosen.slice(0, 2));
    expect(JSON.stringify(other[2])).to.contain("<think>Calculate.</think>").and.contain("<answer>42</answer>");
  });

  it("say of either side whether it was ended, and how the chosen one's tools look natively", async () => {
    const worse: Trajectory = { ...IN_TAGS, id: "t-2", tools: [], finish: "token-limit" };
    const row = (await trl()).preference!({ query: IN_TAGS.query, chosen: NATIVE, rejected: { ...worse, dialect: "native" } }) as JsonObject;
    expect(row).to.deep.include({ id: "q-1", dialect: "native", chosen_ended: true, rejected_ended: false });
    expect(row["tools"]).to.deep.equal([
      { type: "function", function: { name: "python", description: "Runs code", parameters: { type: "object" } } },
    ]);
    const cut = (await trl()).preference!({ query: IN_TAGS.query, chosen: { ...IN_TAGS, finish: "failed" }, rejected: IN_TAGS }) as JsonObject;
    expect(cut).to.deep.include({ tools: [], chosen_ended: false, rejected_ended: true });
  });

  it("keep the rejected side's own turns where its prompt is of another length", async () => {
    const longer = trajectory([
      { role: "system", content: "A" },
      { role: "user", content: "Example" },
      ...ASKED.slice(1),
      ...IN_TAGS.messages.slice(2),
    ]);
    const row = (await trl()).preference!({ query: IN_TAGS.query, chosen: IN_TAGS, rejected: longer }) as JsonObject;
    expect(row["rejected_turns"]).to.deep.equal(row["chosen_turns"]);
  });

  it("take questions that differ in the white space around them alone for one", async () => {
    const spaced = {
      ...NATIVE,
      id: "t-2",
      messages: [{ role: "user" as const, content: ` ${NATIVE.query.question}\n` }, ...NATIVE.messages.slice(2)],
    };
    const row = (await trl()).preference!({ query: IN_TAGS.query, chosen: IN_TAGS, rejected: spaced }) as { [side: string]: JsonObject[] };
    expect(row["rejected_turns"]?.slice(0, 2)).to.deep.equal(row["chosen_turns"]?.slice(0, 2));
  });

  it("refuse two answers to different questions", async () => {
    const format = await trl();
    const strange = { ...rejected, messages: [{ role: "user" as const, content: "7*8?" }, ...NATIVE.messages.slice(2)] };
    expect(() => format.preference!({ query: IN_TAGS.query, chosen: IN_TAGS, rejected: strange }))
      .to.throw(PluginError, /chosen \(t-1\) and the rejected trajectory \(t-2\) answer different questions/)
      .with.include({ code: "TRL_PAIR_PROMPTS" })
      .and.property("hint")
      .that.contains("export the SFT rows alone");
  });
});

describe("TRL's prompts", () => {
  it("end with the question and carry what a reward function needs", async () => {
    expect((await trl()).prompt!(IN_TAGS)).to.deep.equal({
      prompt: ASKED,
      query_id: "q-1",
      answers: ["42", "forty-two"],
      task: "products",
      dialect: "tags",
      tool_definitions: '[{"type":"function","function":{"name":"python","description":"Runs code","parameters":{"type":"object"}}}]',
    });
  });

  it("say null where the question has no task", async () => {
    const asked = trajectory(ASKED, { query: { id: "q-1", question: "6*7?", answers: [] } });
    expect((await trl()).prompt!(asked)).to.deep.include({ task: null, answers: [] });
  });
});

describe("the files beside TRL's rows", () => {
  it("are the Python that reads them", async () => {
    const files = (await trl()).companions!({});
    expect(Object.keys(files)).to.deep.equal(["autotraj_masks.py", "autotraj_tokens.py", "autotraj_trl.py"]);
    expect(files["autotraj_trl.py"]).to.contain("from autotraj_masks import");
  });
});
