/** A conformance as people read it: what failed and why, what was left out and why, 80 columns. */
import { visible } from "@autotraj/core";
import type { CheckResult } from "@autotraj/testkit";
import wrapAnsi from "wrap-ansi";
import type { WatchedConformance } from "../conformance/watched.ts";

const COLUMNS = 80;
const INDENT = 10;

export function conformanceText({ report, notes }: WatchedConformance): string {
  const { plugin, version, kind, results } = report;
  const of = (outcome: CheckResult["outcome"]) => results.filter((result) => result.outcome === outcome);
  const [passed, failed, skipped] = [of("passed"), of("failed"), of("skipped")];
  // A single file has no version.
  const head = `${plugin}${version === undefined || version === "0.0.0" ? "" : ` ${version}`}${kind === undefined ? "" : ` (${kind})`}`;
  const sum = [`${passed.length} passed`, `${failed.length} failed`, `${skipped.length} skipped`].join(", ");
  return [
    [head, ...notes.map((note) => wrapAnsi(note, COLUMNS))].join("\n"),
    [
      ...(passed.length === 0 ? [] : [paragraph("passed", passed.map(({ name }) => name).join(", "))]),
      ...byReason(skipped).map(({ names, reason }) => paragraph("skipped", `${names.join(", ")}:`, reason)),
      ...failed.map(({ name, reason = "" }) => paragraph("FAILED", name, reason)),
    ].join("\n"),
    report.ok ? `It conforms: ${sum}.` : `It does not conform: ${sum}.`,
  ].join("\n\n");
}

function paragraph(head: string, ...texts: readonly string[]): string {
  const lines = texts.flatMap((text) => text.split("\n")).flatMap((text) => wrapAnsi(visible(text), COLUMNS - INDENT, { hard: true }).split("\n"));
  return lines.map((line, index) => `${(index === 0 ? head : "").padEnd(INDENT)}${line.trim()}`.trimEnd()).join("\n");
}

/** Checks that were left out for one reason stand together. */
function byReason(results: readonly CheckResult[]): readonly { readonly reason: string; readonly names: readonly string[] }[] {
  const groups = new Map<string, string[]>();
  for (const { name, reason = "" } of results) groups.set(reason, [...(groups.get(reason) ?? []), name]);
  return [...groups].map(([reason, names]) => ({ reason, names }));
}
