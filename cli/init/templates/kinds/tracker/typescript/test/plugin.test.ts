import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { type RunEvent, TRACKER } from "@autotraj/core/plugin";
import { conformance, setupPlugin } from "@autotraj/testkit";
import plugin from "../src/index.ts";

/** What every tracker must do, on the real kernel. */
conformance(plugin).register({ describe, it });

describe("{{package}}", () => {
  const runDir = mkdtempSync(join(tmpdir(), "{{package}}-"));
  after(() => rmSync(runDir, { recursive: true }));
  const written = join(runDir, "{{name}}.jsonl");

  async function tracker() {
    const plugged = await setupPlugin(plugin, { options: { events: ["incident"] } });
    return plugged.provided(TRACKER);
  }
  const began: RunEvent = {
    event: "start",
    at: 0,
    id: 1,
    activity: { kind: "run", runId: "r", preset: "p", runDir, questions: 1, plugins: [] },
  };
  const incident = (what: string): RunEvent => ({ event: "incident", at: 1, who: "tool", what });

  it("writes a line for each event that is wanted, into the run's folder", async () => {
    const told = await tracker();
    await told.track([began, incident("it broke")]);
    await told.track([{ event: "evaluating", at: 2, model: "m", questions: 3 }, incident("again")]);
    const lines = readFileSync(written, "utf8").trim().split("\n");
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).what),
      ["it broke", "again"],
    );
  });

  it("writes nothing outside of a run", async () => {
    rmSync(written);
    await (await tracker()).track([incident("it broke")]);
    assert.equal(existsSync(written), false);
  });
});
