/** What two runs' presets say otherwise, by key path: each run keeps its own, whole and without secrets. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { askedFor } from "@autotraj/core";
import { parse } from "yaml";
import type { Difference } from "./result.ts";

const KEPT = "preset.resolved.yaml";

export function settingDifferences(runA: string, runB: string): readonly Difference[] {
  const [a, b] = [leavesOf(runA), leavesOf(runB)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .map((what): Difference => ({ what, a: a.get(what) ?? null, b: b.get(what) ?? null }))
    .filter((one) => one.a !== one.b);
}

/** Lists are one value: an item means something only among the others. */
function leavesOf(run: string): ReadonlyMap<string, string> {
  const file = join(run, KEPT);
  const leaves = new Map<string, string>();
  const walk = (value: unknown, path: string) => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) walk(inner, path === "" ? key : `${path}.${key}`);
    } else leaves.set(path, typeof value === "string" ? value : JSON.stringify(value));
  };
  if (existsSync(file)) walk(parse(readFileSync(file, "utf8")), "");
  // `--limit` is in no preset, and goes before the preset's own.
  const { limit } = askedFor(run);
  if (limit !== undefined) leaves.set("queries.limit", String(limit));
  return leaves;
}
