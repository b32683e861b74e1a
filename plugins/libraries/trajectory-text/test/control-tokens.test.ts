import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { controlTokensIn } from "../src/control-tokens.ts";

describe("a tokenizer's control tokens", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-tokenizer-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const found = (tokenizer: string) => {
    writeFileSync(join(folder, "tokenizer.json"), tokenizer);
    return controlTokensIn(folder);
  };

  it("are what it declares as special, and all that is written in bars", () => {
    const added = [
      { content: "<repo_name>", special: true },
      { content: "<|fim_prefix|>", special: false },
      { content: "<｜end▁of▁sentence｜>", special: false },
      { content: "<tool_call>", special: false },
    ];
    expect(found(JSON.stringify({ added_tokens: added }))).to.deep.equal(["<repo_name>", "<|fim_prefix|>", "<｜end▁of▁sentence｜>"]);
  });

  it("are none where it declares none, and unknown where its file is not there", () => {
    expect(found("{}")).to.deep.equal([]);
    expect(found("null")).to.deep.equal([]);
    rmSync(join(folder, "tokenizer.json"));
    expect(controlTokensIn(folder)).to.equal(undefined);
  });

  it("are not read out of what is no JSON", () => expect(() => found("<html>")).to.throw(SyntaxError));
});
