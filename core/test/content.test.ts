import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { hashOfModel } from "../src/results/content.ts";

describe("what a model's folder is known by", () => {
  let folder: string;
  const write = (name: string, content: string) => writeFileSync(join(folder, name), content);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-content-"));
    write("config.json", "{}");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is its weights and configuration, not notes, nor what a policy made of it to sample it", async () => {
    write("model.safetensors", "weights");
    const before = await hashOfModel(folder);
    write("model-q8_0.gguf", "the same, quantised");
    write("README.md", "notes");
    expect(await hashOfModel(folder)).to.equal(before);
    write("model.safetensors", "other weights");
    expect(await hashOfModel(folder)).to.not.equal(before);
  });

  it("is a GGUF file where that holds its weights", async () => {
    write("model.gguf", "weights");
    const before = await hashOfModel(folder);
    write("model.gguf", "other weights");
    expect(await hashOfModel(folder)).to.not.equal(before);
  });
});
