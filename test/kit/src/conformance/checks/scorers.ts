/** What scorers say of their dimensions. */
import type { DimensionInfo } from "@autotraj/core/plugin";
import type { Check } from "../check.ts";
import { complain, NotAsked } from "../complaint.ts";
import { brief } from "../differences.ts";
import { isUnstarted } from "./when.ts";

const describes: Check = {
  group: "scorer",
  name: "describes its dimensions",
  needs: ["does what its kind is for"],
  kinds: ["scorer"],
  skips: isUnstarted,
  async run(bench) {
    const { taps } = await bench.shared();
    for (const { options } of taps.filter(({ hook }) => hook === "score")) {
      for (const [name, info] of Object.entries(options["dimensions"] as Readonly<Record<string, DimensionInfo>>)) {
        const { description, range } = info;
        if (typeof description !== "string" || description.trim() === "")
          complain(`the dimension "${name}" has no description: what a high value means`);
        if (range !== undefined && !(range.length === 2 && range.every(Number.isFinite) && range[0] < range[1]))
          complain(`the dimension "${name}" has the range ${brief(range)}: two numbers, the lower first`);
      }
    }
  },
};

const scores: Check = {
  group: "scorer",
  name: "scores something",
  needs: ["gives answers that a run can use"],
  kinds: ["scorer"],
  skips: isUnstarted,
  async run(bench) {
    const rows = (await bench.replies("plain"))
      .filter(({ inquiry }) => inquiry.who.includes('"score"'))
      .flatMap(({ answer }) => answer as readonly object[]);
    const all = rows.flatMap((row) => Object.values(row) as readonly Readonly<Record<string, unknown>>[]);
    if (all.some((score) => "value" in score)) return;
    const [first = {}] = all;
    const why = String(first["failed"] ?? first["skipped"]);
    if ("skipped" in first) throw new NotAsked(`it skips all of the questions (${why}): give some in cases.questions that it scores`);
    complain(`it fails on all of the questions; the first: ${why}`);
  },
};

export const SCORERS: readonly Check[] = [describes, scores];
