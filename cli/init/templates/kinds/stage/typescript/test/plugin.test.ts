import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { STAGE, type StageContext } from "@autotraj/core/plugin";
import { conformance, setupPlugin, stageSettings } from "@autotraj/testkit";
import plugin from "../src/index.ts";

/** What every stage must do, on the real kernel. */
conformance(plugin).register({ describe, it });

describe("{{package}}", async () => {
  const plugged = await setupPlugin(plugin);
  const dir = mkdtempSync(join(tmpdir(), "{{package}}-"));
  after(() => rmSync(dir, { recursive: true }));

  /** The stage on these questions, each answered with 42. */
  async function prepared(questions: readonly string[], rows: number) {
    const sft = join(dir, "sft.jsonl");
    const row = (question: string) => ({
      id: question,
      query: { question },
      answer: "42",
      verdict: { reason: "it is right" },
    });
    writeFileSync(sft, questions.map((question) => `${JSON.stringify(row(question))}\n`).join(""));
    const context = {
      settings: stageSettings(plugged, "{{name}}", { rows }),
      dir,
      datasets: { sft },
      contentOf: async (file: string) => readFileSync(file, "utf8"),
      random: (question: string | number) => Number(question) / 10,
    };
    return plugged.provided(STAGE).prepare(context as unknown as StageContext);
  }

  it("writes as many rows as it is told, drawn by the run's seed", async () => {
    const { run } = await prepared(["3", "1", "2"], 2);
    assert.deepEqual(await run(), { metrics: { rows: 2 } });
    assert.equal(
      readFileSync(join(dir, "review.md"), "utf8"),
      "## 1\n\nAnswered 42. Kept, since it is right.\n\n## 2\n\nAnswered 42. Kept, since it is right.\n",
    );
  });

  it("is done again where the rows are others", async () => {
    const [first, second] = [await prepared(["1"], 1), await prepared(["2"], 1)];
    assert.notDeepEqual(first.parts, second.parts);
  });
});
