import type { Turn } from "@autotraj/core/plugin";
import { expect } from "chai";
import type { LocalPolicyOptions } from "../src/index.ts";
import { type Job, startPolicy, type WriteOptions, writeAll } from "./trajectories.ts";

const jobs: readonly Job[] = [0, 1].flatMap((question) => [0, 1].map((candidate) => ({ question, candidate })));
const backwards = [...jobs].reverse();
const settings = { turns: 2, examples: 0, sampling: { temperature: 0.8, topP: 1, topK: 0, maxTokens: 8 } };

async function written(
  options: Partial<LocalPolicyOptions>,
  order: readonly Job[],
  how: Omit<WriteOptions, keyof typeof settings>,
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
