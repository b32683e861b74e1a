/** What somebody has who installs the embedded policy into an empty folder: all that it runs with, and nothing of what only other machines could use. */
import { execFile } from "node:child_process";
import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Turn } from "@autotraj/core";
import { expect } from "chai";
import { root } from "../boundaries/workspaces.ts";

const PATIENCE_MS = 600_000;
const LARGEST_MB = 80;

/** Only what a user's shell has: npm hands its own settings to what it starts. */
const SHELL = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith("npm_")));

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  return (await promisify(execFile)(command, args, { cwd, env: SHELL })).stdout;
}

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce((sum, file) => sum + lstatSync(join(folder, file)).size, 0);
}

const WRITE = `
import { POLICY } from "@autotraj/core/plugin";
import { startService } from "@autotraj/core";
const { service, dispose } = await startService("@autotraj/policy-local", POLICY, process.cwd());
const request = {
  messages: [{ role: "user", content: "What is the capital of France?" }], continuation: [], dialect: "tags", tools: [], stop: ["."],
  sampling: { temperature: 0, topP: 1, topK: 0, maxTokens: 16 }, seed: 1, session: "one",
};
process.stdout.write(JSON.stringify(await service.generate(request, { signal: AbortSignal.timeout(120_000) })));
await dispose();
`;

describe("@autotraj/policy-local in an empty folder", function () {
  this.timeout(PATIENCE_MS);
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-install-"));
    const packages = [join(root, "core"), join(root, "plugins/policies/local")];
    const packed = await run("npm", ["pack", "--silent", "--pack-destination", folder, ...packages], root);
    await run("npm", ["init", "--yes"], folder);
    await run(
      "npm",
      [
        "install",
        ...packed
          .trim()
          .split("\n")
          .map((file) => join(folder, file)),
      ],
      folder,
    );
  });
  after(() => rmSync(folder, { recursive: true }));

  it(`takes less than ${LARGEST_MB} MB, and brings no binary for a GPU`, () => {
    const binaries = readdirSync(join(folder, "node_modules/@node-llama-cpp"));
    expect(binaries.filter((name) => /cuda|vulkan|metal/.test(name))).to.deep.equal([]);
    expect(bytesIn(join(folder, "node_modules")) / 1e6).to.be.below(LARGEST_MB);
  });

  it("loads a model there, and writes with it", async () => {
    writeFileSync(join(folder, "write.mjs"), WRITE);
    const turn = JSON.parse(await run(process.execPath, ["write.mjs"], folder)) as Turn;
    expect(turn.text).to.contain("Paris");
    expect(turn.usage.completionTokens).to.be.within(1, 16);
  });
});
