import type { JsonObject, JsonValue } from "@autotraj/core/plugin";
import { expect } from "chai";
import { gatherBatches } from "../src/batches.ts";

const LINES = { isRequest: (line: JsonObject) => line["ask"] !== undefined, isResult: (line: JsonObject) => line["say"] !== undefined };
const ask = (id: string): JsonObject => ({ custom_id: id, ask: `${id}?` });
const say = (id: string): JsonObject => ({ custom_id: id, say: `${id}!` });

describe("the lines of batches", () => {
  it("are results with their requests, wherever either stands", () => {
    expect(gatherBatches([say("b"), ask("a"), ask("b"), say("a")], LINES)).to.deep.equal([
      { custom_id: "b", ask: "b?", say: "b!" },
      { custom_id: "a", ask: "a?", say: "a!" },
    ]);
  });

  it("stay as they are where the other half is missing", () => {
    expect(gatherBatches([ask("a"), say("b")], LINES)).to.deep.equal([ask("a"), say("b")]);
  });

  it("are nothing of other rows", () => {
    const others: readonly JsonValue[] = [null, "text", 7, [ask("a")], { ask: "no id" }, { custom_id: null, say: "no id" }, { custom_id: "a" }];
    expect(gatherBatches(others, LINES)).to.deep.equal(others);
    expect(gatherBatches([ask("a"), { custom_id: "a", note: 1 }], LINES)).to.deep.equal([ask("a"), { custom_id: "a", note: 1 }]);
  });
});
