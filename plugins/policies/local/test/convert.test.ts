import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { PluginError, Policy, TurnRequest } from "@autotraj/core/plugin";
import { defaultCacheDir, type PluginUnderTest } from "@autotraj/testkit";
import { expect } from "chai";
import { readGgufFileInfo } from "node-llama-cpp";
import { pythonEnvironments } from "../../../../core/src/host/python-environments.ts";
import { type ConvertOptions, convertModel } from "../src/convert.ts";
import { type Files, nextToken, randomTensors, SIZE, type Tensor, type Tensors, writeModel, writeSafetensors } from "./tiny-llama.ts";
import { promptWith, startPolicy } from "./trajectories.ts";

const python = pythonEnvironments(defaultCacheDir());
const greedy = { temperature: 0, topP: 1, topK: 0, maxTokens: 12 };
const request: TurnRequest = {
  messages: promptWith("How much is 2 + 2?", 0),
  continuation: [],
  dialect: "tags",
  tools: [],
  stop: [],
  sampling: greedy,
  seed: 0,
  session: "one",
};
const never = { signal: AbortSignal.any([]) };

describe("policy-local converts a folder that a trainer left", function () {
  this.timeout(120_000);
  let temporary: string;
  let count = 0;
  before(() => {
    temporary = mkdtempSync(join(tmpdir(), "autotraj-convert-"));
  });
  after(() => rmSync(temporary, { recursive: true }));

  const model = (files: Files = {}) => writeModel(join(temporary, `model-${count++}`), files);
  const convert = (folder: string, options: Partial<ConvertOptions> = {}) => convertModel(folder, { python, type: "q8_0", ...options });
  const refused = (folder: string, options: Partial<ConvertOptions> = {}): Promise<PluginError> =>
    convert(folder, options).then(
      () => expect.fail("the conversion should have been refused"),
      (error: PluginError) => error,
    );

  it("with every tensor under llama.cpp's name, no weight further off than half a step of its block", async () => {
    const tensors = randomTensors();
    const written = await readGguf(await convert(model({ tensors })));
    const expected = expectedTensors(tensors);
    expect([...written.keys()].sort()).to.deep.equal(Object.keys(expected).sort());
    for (const [name, { shape, data }] of Object.entries(expected)) {
      const { shape: found, values, steps } = written.get(name)!;
      expect(found, name).to.deep.equal([...shape].reverse());
      const worst = data.reduce((most, value, at) => Math.max(most, Math.abs(value - values[at]!) - steps[at]!), -1);
      expect(worst, name).to.be.at.most(0);
    }
  });

  it("to 16 bits without any loss where the weights have no more", async () => {
    const tensors = randomTensors(2);
    const written = await readGguf(await convert(model({ tensors }), { type: "bf16" }));
    for (const [name, { data }] of Object.entries(expectedTensors(tensors))) expect(written.get(name)!.values, name).to.deep.equal(data);
  });

  it("to f16 so that a small training can still be seen in it, where q8_0 rounds it away", async () => {
    const before = randomTensors(4);
    // What some steps at a rate of 1e-5 move each weight by, up or down.
    const moved = ({ shape, data }: Tensor): Tensor => ({ shape, data: data.map((value, at) => value + (at % 3 === 0 ? -1 : 1) * 1e-4) });
    const after = Object.fromEntries(Object.entries(before).map(([name, tensor]) => [name, moved(tensor)]));
    /** Cosine between what was trained and what of it the converted file holds, over all matrices. */
    const seenIn = async (type: "f16" | "q8_0"): Promise<number> => {
      const [old, now] = [
        await readGguf(await convert(model({ tensors: before }), { type })),
        await readGguf(await convert(model({ tensors: after }), { type })),
      ];
      const [wanted, was] = [expectedTensors(after), expectedTensors(before)];
      let [dot, trained, stored] = [0, 0, 0];
      for (const [name, { shape, data }] of Object.entries(wanted)) {
        if (shape.length === 1) continue;
        for (const [at, value] of data.entries()) {
          const [true_, seen] = [value - was[name]!.data[at]!, now.get(name)!.values[at]! - old.get(name)!.values[at]!];
          [dot, trained, stored] = [dot + true_ * seen, trained + true_ ** 2, stored + seen ** 2];
        }
      }
      return dot / Math.sqrt(trained * stored);
    };
    expect(await seenIn("f16")).to.be.above(0.6);
    expect(await seenIn("q8_0")).to.be.below(0.3);
  });

  it("from shards in bfloat16 as from one file of the same numbers", async () => {
    const tensors = randomTensors(3);
    const folder = model();
    rmSync(join(folder, "model.safetensors"));
    const names = Object.keys(tensors);
    const shards = [names.slice(0, 7), names.slice(7)].map((part) => Object.fromEntries(part.map((name) => [name, tensors[name]!])));
    const file = (shard: number) => `model-0000${shard + 1}-of-00002.safetensors`;
    for (const [shard, part] of shards.entries()) writeSafetensors(join(folder, file(shard)), part, "BF16");
    const weight_map = Object.fromEntries(shards.flatMap((part, shard) => Object.keys(part).map((name) => [name, file(shard)])));
    writeFileSync(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map }));
    expect(await readGguf(await convert(folder))).to.deep.equal(await readGguf(await convert(model({ tensors }))));
  });

  it("with the adapter added to its base: W + alpha / r × B × A", async () => {
    const tensors = randomTensors();
    const base = model({ tensors });
    const name = "model.layers.1.self_attn.k_proj.weight";
    const { adapter, merged } = adapterTo(tensors[name]!);
    const folder = join(temporary, "adapter");
    mkdirSync(folder);
    const prefix = "base_model.model.model.layers.1.self_attn.k_proj";
    writeSafetensors(join(folder, "adapter_model.safetensors"), { [`${prefix}.lora_A.weight`]: adapter.a, [`${prefix}.lora_B.weight`]: adapter.b });
    const settings = { peft_type: "LORA", r: 2, lora_alpha: 8, base_model_name_or_path: base };
    writeFileSync(join(folder, "adapter_config.json"), JSON.stringify(settings));
    const found = await readGguf(await convert(folder, { type: "bf16" }));
    expect(found).to.deep.equal(await readGguf(await convert(model({ tensors: { ...tensors, [name]: merged } }), { type: "bf16" })));
    expect(found).to.not.deep.equal(await readGguf(await convert(base, { type: "bf16" })));

    writeFileSync(join(folder, "adapter_config.json"), JSON.stringify({ ...settings, use_dora: true }));
    expect(await refused(folder)).to.include({
      message: `${folder} cannot be converted: the adapter in ${folder} has use_dora: true, which is not merged here.`,
      hint: "Merge the adapter with peft's merge_and_unload(), save the whole model, and name that folder.",
    });
    writeFileSync(join(folder, "adapter_config.json"), JSON.stringify({ ...settings, base_model_name_or_path: "someone/base" }));
    expect((await refused(folder)).message).to.contain("an adapter to someone/base, which is no folder on this machine");
  });

  it("once, and again when the weights, the tokenizer or the template changed", async () => {
    const folder = model();
    const file = await convert(folder);
    const made = () => statSync(file).ino;
    const first = made();
    expect(await convert(folder)).to.equal(file);
    expect(made()).to.equal(first);
    writeSafetensors(join(folder, "model.safetensors"), randomTensors(9));
    await convert(folder);
    const second = made();
    expect(second).to.not.equal(first);
    writeFileSync(join(folder, "chat_template.jinja"), "<|im_start|>");
    await convert(folder);
    expect(made()).to.not.equal(second);
  });

  it("to the same bytes wherever it lies", async () => {
    expect(readFileSync(await convert(model())).equals(readFileSync(await convert(model({ config: { _name_or_path: "elsewhere" } }))))).to.equal(
      true,
    );
  });

  it("in several processes at once, leaving one whole file", async () => {
    const folder = model();
    const environment = await python.ensure("gguf", ["--no-deps", "gguf==0.19.0", "numpy==2.4.6", "PyYAML==6.0.4"]);
    const script = fileURLToPath(new URL("../python/convert_llama.py", import.meta.url));
    await Promise.all([1, 2, 3].map(() => promisify(execFile)(environment.python, ["-B", script, folder, "q8_0"])));
    expect(readdirSync(folder).filter((file) => file.includes("gguf"))).to.deep.equal(["model-q8_0.gguf"]);
    expect((await readGguf(join(folder, "model-q8_0.gguf"))).size).to.equal(20);
  });

  const unconvertible: readonly (readonly [what: string, files: Files, message: RegExp, hint: RegExp])[] = [
    [
      "another architecture",
      { config: { architectures: ["Gemma3ForCausalLM"] } },
      /the architecture Gemma3ForCausalLM is not converted here, only LlamaForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM\./,
      /convert_hf_to_gguf\.py and name the \.gguf/,
    ],
    ["stretched positions it does not know", { config: { rope_parameters: { rope_type: "longrope" } } }, /rope_type longrope/, /convert_hf_to_gguf/],
    ["quantised weights", { config: { quantization_config: { bits: 4 } } }, /quantization_config of LlamaForCausalLM/, /convert_hf_to_gguf/],
    ["weights that are missing", { config: { num_hidden_layers: 3 } }, /the weights lack model\.layers\.2\./, /convert_hf_to_gguf/],
    [
      "weights it does not know",
      { config: { num_hidden_layers: 1 } },
      /the weights have model\.layers\.1\..+, which is not known/,
      /convert_hf_to_gguf/,
    ],
    [
      "weights of another shape",
      { config: { intermediate_size: 128 } },
      /gate_proj\.weight has the shape \(96, 64\), .+ \(128, 64\)/,
      /save the model again/,
    ],
    ["a tokenizer of another kind", { tokenizer: { model: { type: "Unigram" } } }, /is Unigram .+, not byte-level BPE/, /convert_hf_to_gguf/],
    [
      "a tokenizer that cuts texts in an unknown way",
      { tokenizer: { pre_tokenizer: { type: "Whitespace" } } },
      /\(Whitespace\)/,
      /convert_hf_to_gguf/,
    ],
    ["a tokenizer with more tokens than the model", { config: { vocab_size: 200 } }, /has 259 tokens, the model's embeddings only 200/, /beside it/],
  ];
  for (const [what, files, message, hint] of unconvertible) {
    it(`or refuses ${what}`, async () => {
      const folder = model(files);
      const error = await refused(folder);
      expect(error.code).to.equal("MODEL_UNCONVERTIBLE");
      expect(error.message).to.match(message);
      expect(error.hint).to.match(hint);
      expect(readdirSync(folder).filter((file) => file.includes("gguf"))).to.deep.equal([]);
    });
  }

  it("or says that a file is cut off", async () => {
    const folder = model();
    truncateSync(join(folder, "model.safetensors"), 50_000);
    expect((await refused(folder)).message).to.match(/model\.safetensors is damaged or cut off/);
  });

  it("and overwrites no file that somebody else made", async () => {
    const folder = model();
    writeFileSync(join(folder, "model-q8_0.gguf"), "GGUF, made by hand");
    expect((await refused(folder)).message).to.contain("is there already and was not made by this converter");
    expect(readFileSync(join(folder, "model-q8_0.gguf"), "utf8")).to.equal("GGUF, made by hand");
    expect(await convert(folder, { file: join(folder, "other.gguf") })).to.equal(join(folder, "other.gguf"));
  });

  it("or says that there is no model", async () => {
    expect(await refused(temporary)).to.include({ code: "MODEL_MISSING", message: `${temporary} holds no model (no config.json).` });
  });
});

describe("policy-local with other weights", function () {
  this.timeout(120_000);
  let temporary: string;
  let policy: Policy;
  let plugin: PluginUnderTest;
  before(async () => {
    temporary = mkdtempSync(join(tmpdir(), "autotraj-weights-"));
    ({ policy, plugin } = await startPolicy({ sequences: 2, contextSize: 512, convertTo: "bf16" }));
  });
  after(async () => {
    await plugin.dispose();
    rmSync(temporary, { recursive: true });
  });

  it("writes what the weights say, by Llama's definition", async () => {
    const tensors = randomTensors();
    const folder = writeModel(join(temporary, "sft", "model"), { tensors });
    const loaded = await policy.withModel!(folder);
    try {
      expect(loaded).to.include({ model: "sft/model", deterministic: true, concurrency: 2 });
      const { tokens } = await loaded.generate({ ...request, messages: [{ role: "user", content: "ab 12" }] }, never);
      const bytes = (text: string) => [...Buffer.from(text)];
      const prompt = [257, ...bytes("user\nab 12"), 258, ...bytes("\n"), 257, ...bytes("assistant\n")];
      const expected: number[] = [];
      while (expected.length < tokens!.length) expected.push(nextToken(tensors, [...prompt, ...expected]));
      expect(tokens).to.deep.equal(expected);
      expect(new Set(expected).size).to.be.greaterThan(3);
    } finally {
      await loaded.dispose();
    }
  });

  it("is named by the converted file, and leaves the policy's own model as it is", async () => {
    const folder = writeModel(join(temporary, "named"));
    const before = await policy.generate(request, never);
    const loaded = await policy.withModel!(folder);
    const [own, other] = await Promise.all([policy.generate(request, never), loaded.generate(request, never)]);
    const sha256 = createHash("sha256")
      .update(readFileSync(join(folder, "model-bf16.gguf")))
      .digest("hex");
    expect(JSON.parse(loaded.identity)).to.deep.equal({ ...JSON.parse(policy.identity), gguf: sha256 });
    await loaded.dispose();
    await loaded.dispose();
    expect(own.tokens).to.deep.equal(before.tokens);
    expect(other.tokens).to.not.deep.equal(before.tokens);
    expect((await policy.generate(request, never)).tokens).to.deep.equal(before.tokens);
    const error = await loaded.generate(request, never).catch((caught: PluginError) => caught);
    expect(error).to.include({ code: "POLICY_NOT_STARTED" });
  });

  it("lets go of all it took when it is disposed, time after time", async function () {
    if (process.platform !== "linux") this.skip();
    const folder = writeModel(join(temporary, "again"));
    const held = () => ({
      maps: readFileSync("/proc/self/maps", "utf8")
        .split("\n")
        .filter((line) => line.includes(folder)).length,
      threads: readdirSync("/proc/self/task").length,
      states: readdirSync(tmpdir()).filter((name) => name.startsWith(`autotraj-states-${process.pid}-`)).length,
    });
    await (await policy.withModel!(folder)).dispose();
    const before = held();
    for (let round = 0; round < 5; round++) {
      const loaded = await policy.withModel!(folder);
      await loaded.generate(request, never);
      expect(held().maps, "the weights are mapped while they are loaded").to.be.greaterThan(before.maps);
      await loaded.dispose();
    }
    expect(held()).to.deep.equal(before);
  });

  it("says how each model's weights are stored: f16 where nothing else was asked for", async () => {
    const folder = writeModel(join(temporary, "stored"));
    const other = await startPolicy({ sequences: 1, contextSize: 256, model: folder });
    try {
      expect([policy.precision, other.policy.precision]).to.deep.equal(["Q4_1", "F16"]);
      for (const [writer, precision] of [
        [policy, "BF16"],
        [other.policy, "F16"],
      ] as const) {
        const loaded = await writer.withModel!(folder);
        expect(loaded.precision).to.equal(precision);
        await loaded.dispose();
      }
    } finally {
      await other.plugin.dispose();
    }
  });

  it("frees what nobody disposed when the policy ends", async () => {
    const folder = writeModel(join(temporary, "forgotten"));
    const other = await startPolicy({ sequences: 1, contextSize: 256, model: folder });
    const loaded = await other.policy.withModel!(folder);
    await other.plugin.dispose();
    const error = await loaded.generate(request, never).catch((caught: PluginError) => caught);
    expect(error).to.include({ code: "POLICY_NOT_STARTED" });
  });
});

/** What the converted file should hold: HF's first half of a head's rows on the even rows, the second half on the odd ones. */
function expectedTensors(tensors: Tensors): Tensors {
  const names: Readonly<Record<string, string>> = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    input_layernorm: "attn_norm",
    post_attention_layernorm: "ffn_norm",
  };
  const top: Readonly<Record<string, string>> = { "model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight" };
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      const [, layer, part = ""] = /^model\.layers\.(\d)\.(.+)\.weight$/.exec(name) ?? [];
      return part === "" ? [top[name]!, tensor] : [`blk.${layer}.${names[part]}.weight`, /[qk]_proj/.test(part) ? interleaved(tensor) : tensor];
    }),
  );
}

function interleaved({ shape, data }: Tensor): Tensor {
  const columns = shape[1]!;
  const rows = Array.from({ length: shape[0]! }, (_, row) => {
    const within = row % SIZE.head;
    const source = row - within + (within % 2) * (SIZE.head / 2) + Math.floor(within / 2);
    return [...data.subarray(source * columns, (source + 1) * columns)];
  });
  return { shape, data: Float32Array.from(rows.flat()) };
}

/** An adapter of rank 2 with alpha 8 in numbers that leave no rounding, and the weights with it. */
function adapterTo({ shape, data }: Tensor): { adapter: { a: Tensor; b: Tensor }; merged: Tensor } {
  const [rows, columns] = shape as [number, number];
  const a = { shape: [2, columns], data: Float32Array.from({ length: 2 * columns }, (_, at) => ((at % 5) - 2) / 16) };
  const b = { shape: [rows, 2], data: Float32Array.from({ length: rows * 2 }, (_, at) => ((at % 3) - 1) / 16) };
  const merged = data.map((value, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return value + 4 * (b.data[2 * row]! * a.data[column]! + b.data[2 * row + 1]! * a.data[columns + column]!);
  });
  return { adapter: { a, b }, merged: { shape, data: merged } };
}

interface StoredTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** How far each value may be from the one it stands for. */
  readonly steps: Float32Array;
}

/** Reads a GGUF file's tensors with node-llama-cpp's reader, and its numbers here. */
async function readGguf(path: string): Promise<Map<string, StoredTensor>> {
  const info = await readGgufFileInfo(path, { readTensorInfo: true });
  const file = readFileSync(path);
  return new Map(
    info.fullTensorInfo!.map(({ name, dimensions, ggmlType, filePart: _part, fileOffset }) => {
      const shape = dimensions.map(Number);
      const count = shape.reduce((a, b) => a * b, 1);
      const [values, steps] = [new Float32Array(count), new Float32Array(count)];
      const at = Number(fileOffset);
      for (let n = 0; n < count; n++) {
        if (ggmlType === 0) values[n] = file.readFloatLE(at + 4 * n);
        else if (ggmlType === 1) values[n] = float16(file.readUInt16LE(at + 2 * n));
        else if (ggmlType === 30) values[n] = new Float32Array(Uint32Array.of(file.readUInt16LE(at + 2 * n) << 16).buffer)[0]!;
        else {
          expect(ggmlType, name).to.equal(8);
          const block = at + 34 * Math.floor(n / 32);
          const step = float16(file.readUInt16LE(block));
          values[n] = step * file.readInt8(block + 2 + (n % 32));
          // Half a step, and what rounding the step itself to 16 bits makes of up to 127 of them.
          steps[n] = Math.abs(step) * (0.5 + 127 * 2 ** -11) + 1e-7;
        }
      }
      return [name, { shape, values, steps }] as const;
    }),
  );
}

function float16(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}
