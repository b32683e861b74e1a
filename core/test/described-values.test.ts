import { expect } from "chai";
import { type DescribedValue, describedValues } from "../src/config/described-values.ts";
import type { JsonObject } from "../src/kernel/plugin.ts";

describe("what a schema says to people", () => {
  const one = (schema: JsonObject, required: readonly string[] = []): DescribedValue | undefined =>
    describedValues({ properties: { value: { description: "It.", ...schema } }, required })[0];

  for (const [schema, type] of [
    [{ type: "string" }, "string"],
    [{ type: "integer", minimum: 1 }, "integer, ≥ 1"],
    [{ type: "number", exclusiveMinimum: 0, maximum: 1 }, "number, > 0, ≤ 1"],
    [{ type: ["string", "boolean"] }, "string or boolean"],
    [{ type: "string", enum: ["a", "b"] }, '"a" | "b"'],
    [{ type: "string", const: "grpo" }, '"grpo"'],
    [{ type: "array", items: { enum: ["a", 1] } }, 'list of "a" | 1'],
    [{ type: "array" }, "list of anything"],
    [{ type: "object", additionalProperties: { type: "number" } }, "names to number"],
    [{ type: "object" }, "object"],
    [{}, "anything"],
  ] as const) {
    it(`calls ${JSON.stringify(schema)} ${type}`, () => {
      expect(one(schema as unknown as JsonObject)).to.deep.equal({ name: "value", type, isRequired: false, description: "It." });
    });
  }

  it("tells a default, also one that is false or empty, from none", () => {
    for (const preset of [false, 0, "", {}]) expect(one({ type: "string", default: preset })).to.have.deep.property("default", preset);
    expect(one({ type: "string" })).not.to.have.property("default");
  });

  it("tells what has to be there", () => {
    expect(one({ type: "string" }, ["value"])).to.include({ isRequired: true });
  });

  it("shows what is inside an object behind it", () => {
    const inner = {
      properties: { rank: { type: "integer", description: "Rank." }, deep: { type: "object", description: "D.", properties: { x: {} } } },
    };
    const shown = describedValues({
      properties: { lora: { type: "object", description: "L.", required: ["rank"], ...inner }, last: { description: "Z." } },
    });
    expect(shown.map(({ name, isRequired }) => [name, isRequired])).to.deep.equal([
      ["lora", false],
      ["lora.rank", true],
      ["lora.deep", false],
      ["lora.deep.x", false],
      ["last", false],
    ]);
  });
});
