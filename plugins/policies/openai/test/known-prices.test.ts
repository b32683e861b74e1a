import { expect } from "chai";
import { knownPrice } from "../src/known-prices.ts";

const HOST = "https://api.openai.com/v1";

describe("the table of prices", () => {
  it("knows a hosted model, and a snapshot of it, with the day it was read", () => {
    const known = knownPrice(HOST, "gpt-5-mini");
    expect(known?.price).to.deep.equal({ input: 0.25, cachedInput: 0.025, output: 2 });
    expect(known?.from).to.match(/read \d{4}-\d{2}-\d{2}: .*litellm/i);
    expect(knownPrice(HOST, "gpt-5-mini-2025-08-07")?.price).to.deep.equal(known?.price);
  });

  it("says nothing of other servers, of other models, and of names that objects have by themselves", () => {
    expect(knownPrice("http://127.0.0.1:8000/v1", "gpt-5-mini")).to.equal(undefined);
    expect(knownPrice(HOST, "gpt-5-mini-fast")).to.equal(undefined);
    expect(knownPrice(HOST, "constructor")).to.equal(undefined);
  });
});
