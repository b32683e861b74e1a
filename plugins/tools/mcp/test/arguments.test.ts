import type { JsonObject } from "@autotraj/core/plugin";
import { parseJson } from "@autotraj/core/rows";
import { expect } from "chai";
import { argumentsCheck } from "../src/arguments.ts";

describe("a call's arguments", () => {
  it("may hold a number of more digits than a double: it is a number like any other", () => {
    const check = argumentsCheck({ type: "object", properties: { id: { type: "integer", minimum: 10 } }, required: ["id"] });
    expect(check(parseJson('{"id":12345678901234567890}') as JsonObject)).to.equal(undefined);
    expect(check(parseJson('{"id":-12345678901234567890}') as JsonObject)).to.equal("id must be >= 10");
    expect(check({ id: "12345678901234567890" })).to.equal("id must be integer, not string");
  });
});
