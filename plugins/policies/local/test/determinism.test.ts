import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Turn } from "@autotraj/core/plugin";
import { defaultCacheDir } from "@autotraj/testkit";
import { expect } from "chai";
import { pythonEnvironments } from "../../../../core/src/host/python-environments.ts";
import { type LocalPolicyOptions, pullModel } from "../src/index.ts";
import { type Job, startPolicy, type WriteOptions, writeAll } from "./trajectories.ts";

const jobs: readonly Job[] = [0, 1].flatMap((question) => [0, 1].map((candidate) => ({ question, candidate })));
const backwards = [...jobs].reverse();
const settings = { turns: 2, examples: 0, sampling: { temperature: 0.8, topP: 1, topK: 0, maxTokens: 8 } };

async function written(
  options: Partial<LocalPolicyOptions>,
  order: readonly Job[],
  how: Omit<WriteOptions, keyof typeof settings> & Partial<Pick<WriteOptions, "sampling">>,
): Promise<unknown> {
  const { policy, plugin } = await startPolicy({ contextSize: 768, ...options });
  try {
    const turns = await writeAll(policy, order, { ...settings, ...how });
    expect(plugin.warnings).to.deep.equal([]);
    return Object.fromEntries([...turns].map(([job, list]) => [job, list.map(({ text, tokens, finish }: Turn) => ({ text, tokens, finish }))]));
  } finally {
    await plugin.dispose();
  }
}

describe("policy-local writes the same trajectories", function () {
  this.timeout(120_000);
  let alone: unknown;
  before(async () => {
    alone = await written({ sequences: 1 }, jobs, { inFlight: 1 });
  });

  it("four at a time, in another order, with tools of other speed", async () => {
    const together = await written({ sequences: 4 }, backwards, { inFlight: 4, toolMs: ({ candidate }) => candidate * 40 });
    expect(together).to.deep.equal(alone);
  });

  it("when paused trajectories have to leave their sequence and come back", async () => {
    expect(await written({ sequences: 1 }, backwards, { inFlight: 4 })).to.deep.equal(alone);
  });

  it("when every turn is asked for after a resume, and its state is made again from the recorded tokens", async () => {
    expect(await written({ sequences: 3 }, jobs, { inFlight: 3, memory: "resumed" })).to.deep.equal(alone);
  });

  it("when no state can be kept outside the sequences", async () => {
    expect(await written({ sequences: 2, stateMiB: 0 }, backwards, { inFlight: 4 })).to.deep.equal(alone);
  });

  it("with two workers", async () => {
    expect(await written({ sequences: 2, workers: 2 }, backwards, { inFlight: 4 })).to.deep.equal(alone);
  });
});

describe("policy-local with weights of 16 bits writes the same trajectories", function () {
  this.timeout(120_000);
  // Long enough for what rounds otherwise to become another token.
  const sampling = { ...settings.sampling, maxTokens: 24 };
  let folder: string;
  let model: string;
  let alone: unknown;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-f16-"));
    model = join(folder, "f16.gguf");
    const python = pythonEnvironments(defaultCacheDir());
    const environment = await python.ensure("gguf", ["--no-deps", "gguf==0.19.0", "numpy==2.4.6", "PyYAML==6.0.4"]);
    const { path } = await pullModel("smollm2-135m", { cacheDir: defaultCacheDir(), python });
    execFileSync(environment.python, ["-B", fileURLToPath(new URL("python/to_f16.py", import.meta.url)), path, model]);
    alone = await written({ model, sequences: 1 }, jobs, { inFlight: 1, sampling });
  });
  after(() => rmSync(folder, { recursive: true }));

  it("four at a time, in another order", async () => {
    expect(await written({ model, sequences: 4 }, backwards, { inFlight: 4, sampling })).to.deep.equal(alone);
  });

  it("when every turn is asked for after a resume", async () => {
    expect(await written({ model, sequences: 3 }, jobs, { inFlight: 3, memory: "resumed", sampling })).to.deep.equal(alone);
  });
});
