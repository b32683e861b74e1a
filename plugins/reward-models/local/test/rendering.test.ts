import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dialects } from "@autotraj/core";
import { conversationOf } from "@autotraj/trajectory-text/rendering";
import { expect } from "chai";
import { trainerPairs } from "./fixture.ts";
import { TRAJECTORIES } from "./trajectories.ts";

describe("what the reward model is shown", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "autotraj-rendering-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  for (const dialect of ["tags", "native"] as const) {
    it(`is what its trainer wrote for the same trajectory, in ${dialect}`, async () => {
      const { pairs } = await trainerPairs(folder, TRAJECTORIES, dialect);
      const rows = readFileSync(pairs, "utf8").trimEnd().split("\n");
      const written = rows.map((row) => JSON.parse(row) as { chosen: unknown; tools: unknown });
      const shown = TRAJECTORIES.map((one) => conversationOf(one, dialect, dialects));
      expect(shown).to.deep.equal(written.map(({ chosen, tools }) => ({ messages: chosen, tools })));
    });
  }
});
