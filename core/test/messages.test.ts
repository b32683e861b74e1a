import { expect } from "chai";
import { changedName } from "../src/messages/engine-words.ts";
import { instead, nearest } from "../src/messages/nearest.ts";
import { framesOf, originText, ownLine } from "../src/messages/place.ts";
import { shown } from "../src/messages/shown.ts";

describe("what was probably meant", () => {
  it("is a few letters off, another case, or two neighbours that changed places", () => {
    expect(nearest("jugde", ["judge", "policy"])).to.equal("judge");
    expect(nearest("BASEURL", ["baseURL"])).to.equal("baseURL");
    expect(nearest("stf", ["sft", "rl"])).to.equal("sft");
    expect(nearest("mien", ["mine"])).to.equal("mine");
    expect(nearest("dmeo", ["demo"])).to.equal("demo");
  });

  it("is nothing where the word is another one", () => {
    expect(nearest("abcd", ["wxyz"])).to.equal(undefined);
    expect(nearest("neim", ["mine"])).to.equal(undefined);
    expect(nearest("x", [])).to.equal(undefined);
  });

  it("is told, or else what there is", () => {
    expect(instead("scores", ["score", "reward"])).to.equal('Did you mean "score"?');
    expect(instead("judge", ["score", "reward"], "Hooks are")).to.equal("Hooks are: score, reward.");
    expect(instead("judge", [])).to.equal("There are none.");
  });
});

describe("a plugin's own line", () => {
  const cwd = process.cwd();
  const module = `${cwd}/lib/mine.mjs`;
  const stack = (...frames: readonly string[]) => `Error: no\n${frames.map((frame) => `    at ${frame}`).join("\n")}`;

  it("is the innermost of its file, or of one beside or below it", () => {
    expect(ownLine(module, stack("node:internal/x:1:1", `file://${module}:7:3`, `async run (file://${module}:9:3)`))).to.equal("lib/mine.mjs:7");
    expect(ownLine(module, stack(`deep (${cwd}/lib/parts/deep.cjs:3:1)`))).to.equal("lib/parts/deep.cjs:3");
    expect(ownLine(module, stack(`Object.<anonymous> (file://${cwd}/lib/with%20space.mjs:2:1)`))).to.equal("lib/with space.mjs:2");
  });

  it("is none of a package below it, nor of anything elsewhere", () => {
    expect(ownLine(module, stack(`file://${cwd}/lib/node_modules/other/x.js:1:1`, `file://${cwd}/library/x.js:1:1`))).to.equal(undefined);
    expect(ownLine(module)).to.equal(undefined);
    expect(framesOf("Error: at (file:///not/a/frame.js:1:1)")).to.deep.equal([]);
  });

  it("is told with who named the plugin, as far as either is known", () => {
    expect(originText({ module, namedAt: "demo.yaml:3" }, stack(`file://${module}:7:3`))).to.equal("lib/mine.mjs:7, named in demo.yaml:3");
    expect(originText({ module, namedAt: "demo.yaml:3" })).to.equal("lib/mine.mjs, named in demo.yaml:3");
    expect(originText({ module })).to.equal("lib/mine.mjs");
    expect(originText({ namedAt: "demo.yaml:3" })).to.equal("demo.yaml:3");
    expect(originText({})).to.equal(undefined);
  });
});

describe("values in messages", () => {
  it("are short, and never a whole object", () => {
    const values = [7, Number.NaN, "a", null, undefined, true, { a: 1 }, [1], () => {}, { $env: "KEY" }];
    const secret = "a secret ($env and $file stand for values inside a plugin's options only)";
    expect(values.map(shown)).to.deep.equal(["7", "NaN", '"a"', "null", "undefined", "true", "an object", "a list", "a function", secret]);
    expect(shown("x".repeat(100))).to.have.length(59);
  });
});

describe("what the engine says of something frozen that was to be changed", () => {
  const frozen = Object.freeze({ answer: "8", list: Object.freeze([1]) });
  for (const [what, change, name] of [
    ["set", () => Object.assign(frozen, { answer: "7" }), '"answer"'],
    ["added to", () => Object.assign(frozen, { other: 1 }), '"other"'],
    ["taken from", () => Reflect.get(globalThis, "eval")("(o) => { 'use strict'; delete o.answer; }")(frozen), '"answer"'],
    ["pushed to", () => (frozen.list as number[]).push(2), "a list"],
  ] as const) {
    it(`names what is ${what}`, () => {
      let error: unknown;
      try {
        change();
      } catch (thrown) {
        error = thrown;
      }
      expect(changedName(error)).to.equal(name);
    });
  }

  it("is nothing where the error is another", () => {
    expect(changedName(new TypeError("x is not a function"))).to.equal(undefined);
    expect(changedName(new Error("Cannot add property 1"))).to.equal(undefined);
  });
});
