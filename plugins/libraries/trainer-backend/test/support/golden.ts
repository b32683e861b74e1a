/** Plans as text that a person can read and compare. `UPDATE_GOLDEN=1` writes them anew. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { LaunchPlan } from "@autotraj/core/plugin";
import { expect } from "chai";

/** @param elided files whose content is the packages' own: named, not shown */
export function expectGolden(golden: URL, plans: readonly LaunchPlan[], elided: readonly string[] = []): void {
  const file = fileURLToPath(golden);
  const text = plans.map((plan) => textOf(plan, elided)).join("\n");
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(existsSync(file), `${file}: run with UPDATE_GOLDEN=1`).to.equal(true);
  expect(text).to.equal(readFileSync(file, "utf8"));
}

function textOf({ files, argv, env, progressFile, exclusive, graceMs }: LaunchPlan, elided: readonly string[]): string {
  const lines = [
    "$",
    ...argv.map((argument) => `  ${argument}`),
    ...Object.entries(env).map(([key, value]) => `${key}=${value}`),
    `progress: ${progressFile}${exclusive ? ", exclusive" : ""}${graceMs === undefined ? "" : `, ${graceMs} ms for a checkpoint`}`,
  ];
  const shown = Object.entries(files).map(([name, content]) => (elided.includes(name) ? `--- ${name} (this package's)` : `--- ${name}\n${content}`));
  return `${[...lines, ...shown].join("\n")}\n`;
}
