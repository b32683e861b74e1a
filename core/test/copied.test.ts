import { expect } from "chai";
import { parseJson } from "../src/data/exact-json.ts";
import { copyOf } from "../src/kernel/plugin.ts";

describe("a copy of what a plugin was given", () => {
  it("can be changed, all the way down, and leaves what was given as it was", () => {
    const given = Object.freeze({ calls: Object.freeze([Object.freeze({ arguments: Object.freeze({ x: 1 }) })]) });
    const copy = copyOf<unknown>(given) as { calls: { arguments: Record<string, unknown> }[] };
    if (copy.calls[0] !== undefined) copy.calls[0].arguments["x"] = 2;
    copy.calls.push({ arguments: {} });
    expect(given).to.deep.equal({ calls: [{ arguments: { x: 1 } }] });
    expect(copy).to.deep.equal({ calls: [{ arguments: { x: 2 } }, { arguments: {} }] });
  });

  it("has numbers that no double holds with all their digits", () => {
    const given = parseJson('{"id":12345678901234567890}');
    expect(JSON.stringify(copyOf(given))).to.equal('{"id":12345678901234567890}');
    expect(() => structuredClone(given), "what copyOf is for").to.throw();
  });
});
