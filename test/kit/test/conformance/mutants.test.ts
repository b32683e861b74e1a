import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SANDBOX } from "@autotraj/core/plugin";
import { conformance } from "@autotraj/testkit";
import { expect } from "chai";
import { LEFT, MUTANTS } from "./mutants.ts";
import { Abacus, plug, SOUND } from "./sound.ts";

describe("a conformance fails of a plugin that is broken in one place that one check", () => {
  afterEach(() => {
    for (const end of LEFT.splice(0)) end();
  });

  for (const { check, what, plugin, cases, says } of MUTANTS) {
    it(`${check}: ${what}`, async () => {
      const { ok, results } = await conformance(plugin, cases).run();
      const failed = results.filter(({ outcome }) => outcome === "failed");
      expect(
        failed.map(({ name, reason }) => `${name}: ${name === check ? "" : reason}`),
        "what failed",
      ).to.deep.equal([`${check}: `]);
      expect(ok).to.equal(false);
      expect(failed[0]?.reason).to.match(typeof says === "string" ? new RegExp(says.replaceAll(/[$()*+.?[\\\]^{|}]/g, "\\$&")) : says);
    });
  }

  it("and each check has such a plugin", () => {
    const all = new Set(SOUND.flatMap((plugin) => conformance(plugin).checks.map(({ name }) => name)));
    expect(new Set(MUTANTS.map(({ check }) => check))).to.deep.equal(all);
  });
});

describe("docs/guide/conformance.md", () => {
  it("names every check, and no other", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../../docs/guide/conformance.md"), "utf8");
    const [, table = ""] = page.split("| check |");
    const named = [...table.matchAll(/^\| ((?!---)[^|]+) \|/gm)].flatMap(([, cell = ""]) => cell.split(/, (?!and closes)/));
    expect(new Set(named)).to.deep.equal(new Set(MUTANTS.map(({ check }) => check)));
  });
});

describe("a conformance passes", () => {
  it("over a sandbox that refuses to be used on this machine, and says of what it did not ask why", async () => {
    class Elsewhere extends Abacus {
      override async selfTest() {
        return { ok: false, reason: "there is no container" } as const;
      }
      override async execute(): Promise<never> {
        throw new Error("there is no container");
      }
    }
    const { ok, results } = await conformance(plug("sandbox", (api) => api.provide(SANDBOX, new Elsewhere()))).run();
    expect(results.filter(({ outcome }) => outcome === "failed")).to.deep.equal([]);
    expect(ok).to.equal(true);
    const skipped = results.filter(({ reason = "" }) => reason.includes("there is no container")).map(({ name }) => name);
    expect(skipped).to.include.members([
      "answers what it is asked",
      "ends code that does not end",
      "serves two runs at once",
      "works again after it has let go",
    ]);
  });

  for (const plugin of SOUND) {
    it(`a ${plugin.meta.kind} that is as it should be`, async () => {
      const { ok, results, kind } = await conformance(plugin).run();
      expect(results.filter(({ outcome }) => outcome !== "passed")).to.deep.equal([]);
      expect({ ok, kind }).to.deep.equal({ ok: true, kind: plugin.meta.kind });
    });
  }
});
