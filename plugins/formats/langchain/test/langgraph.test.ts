/** The runs that LangChain's tracer (langchain-core 1.8.3) wrote of a LangGraph agent which asks another one as a tool, with scripted models; the last first. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "@autotraj/core/plugin";
import { expect } from "chai";
import { told } from "../../../../test/formats/reading.ts";
import { readAll } from "./support.ts";

const RUNS = readFileSync(join(import.meta.dirname, "fixtures/langgraph-runs.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as JsonObject);

describe("LangGraph's runs", () => {
  it("are the agent's conversation and that of the agent it asks", async () => {
    const read = await readAll(RUNS);
    expect(read.map(({ messages }) => told(messages))).to.deep.equal([
      [
        "system: Be good.",
        "user: what is 1+1, 2+1 and 5+1?",
        'assistant:  [f({"x":1})] [f({"x":2})]',
        "tool f=t1: 2",
        "tool f=t2: 3",
        'assistant:  [ask({"task":"5+1?"})]',
        "tool ask=t3: Six.",
        "assistant: Done: 6.",
      ],
      ["system: Research.", "user: 5+1?", 'assistant:  [f({"x":5})]', "tool f=s1: 6", "assistant: Six."],
    ]);
    expect(read.map(({ faults, provenance }) => ({ faults, agent: provenance.notes?.["agent"] }))).to.deep.equal([
      { faults: [], agent: undefined },
      { faults: [], agent: "ask" },
    ]);
  });

  it("of the graph alone are its conversation too, less the system prompt that its state does not hold", async () => {
    const root = RUNS.filter(({ parent_run_id }) => parent_run_id === null);
    const [only] = await readAll(root);
    expect(told(only?.messages ?? []).length).to.equal(7);
  });
});
