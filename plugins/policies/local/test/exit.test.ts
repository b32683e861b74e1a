import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";

const helper = fileURLToPath(new URL("trajectories.ts", import.meta.url));

/** Runs a script in a process of its own, with its own folder for temporary files. */
async function run(script: string, temporary: string): Promise<string> {
  const source = `import { requestOf, startPolicy } from ${JSON.stringify(helper)};
    const { policy, plugin } = await startPolicy({ sequences: 2, contextSize: 512 });
    const request = requestOf({ question: 1, candidate: 0 }, 0, [], { sampling: { temperature: 0, topP: 1, topK: 0, maxTokens: 8 }, examples: 1 });
    const never = new AbortController().signal;
    ${script}`;
  const file = join(temporary, "script.mjs");
  writeFileSync(file, source);
  const { stdout } = await promisify(execFile)(process.execPath, [file], {
    env: { ...process.env, TMPDIR: temporary },
    timeout: 60_000,
  });
  rmSync(file);
  return stdout.trim();
}

describe("a process with policy-local", function () {
  this.timeout(60_000);
  let temporary: string;
  beforeEach(() => {
    temporary = mkdtempSync(join(tmpdir(), "autotraj-exit-"));
  });
  afterEach(() => rmSync(temporary, { recursive: true }));

  it("ends by itself after dispose, leaves no file behind and prints nothing", async () => {
    expect(await run("await policy.generate(request, { signal: never }); await plugin.dispose();", temporary)).to.equal("");
    expect(readdirSync(temporary)).to.deep.equal([]);
  });

  it("ends when it is disposed in the middle of a turn, which then fails", async () => {
    const script = `const turn = policy.generate(request, { signal: never }).catch((error) => error.code);
      await plugin.dispose();
      console.log(await turn);`;
    expect(await run(script, temporary)).to.equal("POLICY_DISPOSED");
  });

  it("removes the states of a process that was killed, and only those", async () => {
    mkdirSync(join(temporary, "autotraj-states-4194304-abc")); // beyond the highest process id of Linux
    mkdirSync(join(temporary, `autotraj-states-${process.pid}-abc`));
    await run("await plugin.dispose();", temporary);
    expect(readdirSync(temporary)).to.deep.equal([`autotraj-states-${process.pid}-abc`]);
  });
});
