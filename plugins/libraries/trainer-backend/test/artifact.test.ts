import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { checkModel } from "../src/artifact.ts";

describe("a model's folder", () => {
  let parent: string;
  let folder: string;
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), "autotraj-artifact-"));
    folder = join(parent, "model");
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  const SHARD = (() => {
    const header = Buffer.from(JSON.stringify({ a: { dtype: "F32", shape: [1], data_offsets: [0, 4] } }));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    return Buffer.concat([length, header, Buffer.alloc(4)]);
  })();
  const write = (files: Readonly<Record<string, string | Buffer>>) => {
    mkdirSync(folder, { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  };
  const WHOLE = { "config.json": '{"architectures": ["LlamaForCausalLM"]}', "tokenizer.json": "{}", "model.safetensors": SHARD };

  it("is whole with its configuration, a tokenizer and every tensor to its last byte, in one file or in several", () => {
    write(WHOLE);
    checkModel(folder, "causal");
    rmSync(join(folder, "model.safetensors"));
    write({ "model.safetensors.index.json": '{"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}' });
    write({ "one.safetensors": SHARD, "two.safetensors": SHARD });
    checkModel(folder, "causal");
  });

  const broken: Readonly<Record<string, readonly [make: () => void, what: string, kind?: "reward"]>> = {
    "not there": [() => {}, "it is not there"],
    "without a configuration": [() => write({ "tokenizer.json": "{}" }), "no readable config.json"],
    "of a language model, where a score is wanted": [
      () => write(WHOLE),
      `its architecture is "LlamaForCausalLM", not one that gives a score`,
      "reward",
    ],
    "without a tokenizer": [() => write({ "config.json": "{}" }), "no tokenizer"],
    "without weights": [() => write({ "config.json": "{}", "tokenizer.json": "{}" }), "model.safetensors is missing or cut off"],
    "with weights that were cut off": [
      () => write({ ...WHOLE, "model.safetensors": SHARD.subarray(0, -2) }),
      "model.safetensors is missing or cut off",
    ],
    "with an index that nobody can read": [
      () => write({ ...WHOLE, "model.safetensors.index.json": "{" }),
      "model.safetensors.index.json cannot be read",
    ],
  };
  for (const [how, [make, what, kind = "causal"]] of Object.entries(broken))
    it(`is refused ${how}`, () => {
      make();
      expect(() => checkModel(folder, kind))
        .to.throw(`training ended without a failure, but ${folder} holds no whole model: ${what}.`)
        .with.property("code", "TRAIN_ARTIFACT");
    });
});
