/** Chooses which questions are asked: those of the right difficulty, in the wished mix. */
import { resolve } from "node:path";
import { definePlugin, PluginError, QUERIES } from "@autotraj/core/plugin";
import { balance } from "./balance.ts";
import type { BalanceOptions } from "./options.ts";
import { metaPassRates, readPassRates } from "./pass-rates.ts";

const rate = (value: number, description: string) => ({ type: "number", minimum: 0, maximum: 1, default: value, description }) as const;

export default definePlugin<BalanceOptions>({
  meta: {
    name: "@autotraj/preparer-balance",
    apiVersion: 1,
    kind: "preparer",
    description: "Chooses questions by difficulty and mix",
    requires: [QUERIES],
    options: {
      type: "object",
      additionalProperties: false,
      properties: {
        passRates: {
          type: "string",
          minLength: 1,
          path: true,
          description:
            "JSONL file of {id, passRate} or {question, passRate} rows, relative to the file that names it. Default: the field of the question's own row (meta).",
        },
        passRateField: {
          type: "string",
          minLength: 1,
          default: "passRate",
          description: "The field that holds the pass rate, a number from 0 to 1.",
        },
        minPassRate: rate(0, "Questions solved less often than this are dropped: 0.1 leaves out what was never solved in eight tries."),
        maxPassRate: rate(1, "Questions solved more often than this are dropped: 0.9 leaves out what was always solved in eight tries."),
        unknown: { enum: ["keep", "drop"], default: "keep", description: "What becomes of questions without a pass rate." },
        by: {
          enum: ["task", "difficulty"],
          default: "task",
          description: "What groups questions: their task, or their difficulty (hard: pass rate below 1/3, medium, easy: above 2/3, unknown).",
        },
        mix: {
          type: "object",
          additionalProperties: { type: "number", exclusiveMinimum: 0 },
          default: {},
          description:
            'Share of each group, e.g. { gsm8k: 2, "*": 1 }; only ratios matter. "*" is all groups not named, together; without it they are dropped. Default: no mix.',
        },
        mostPerGroup: { type: "integer", minimum: 1, description: "At most so many questions of each group. Default: no limit." },
        total: { type: "integer", minimum: 1, description: "At most so many questions in all. Default: no limit." },
        seed: { type: "integer", default: 0, description: "Another seed takes another sample." },
      },
    },
    supports: { deterministic: true },
  },
  setup(api, options) {
    check(options);
    let drops: ReadonlyMap<string, string> = new Map();
    api.onStart(async () => {
      const { passRates, passRateField } = options;
      const rates = passRates === undefined ? metaPassRates(passRateField) : readPassRates(resolve(api.baseDir, passRates), passRateField);
      const chosen = await balance(api.use(QUERIES).train(), rates, options);
      drops = chosen.drops;
      for (const line of chosen.report) api.log.info(line);
      if (rates.unused() > 0) api.log.warn(`${rates.unused()} of the ${rates.rows} pass rates are of no question of this run.`);
    });
    api.hooks.beforeRollout.tapPromise({}, async ({ query }) => {
      const drop = drops.get(query.id);
      return drop === undefined ? undefined : { drop };
    });
  },
});

/** @throws PluginError with everything that contradicts itself or would do nothing. */
function check(options: BalanceOptions): void {
  const { minPassRate, maxPassRate, mix, mostPerGroup, total, by } = options;
  const isMix = Object.keys(mix).length > 0;
  const problems: string[] = [];
  if (minPassRate > maxPassRate) problems.push(`minPassRate (${minPassRate}) is above maxPassRate (${maxPassRate}): no question could stay.`);
  if (isMix && mostPerGroup !== undefined) problems.push("mix and mostPerGroup both say how many of a group are taken: use one.");
  if (!isMix && mostPerGroup === undefined && total === undefined && !dropsByRate(options))
    problems.push("nothing would be dropped: set minPassRate, maxPassRate, unknown: drop, mix, mostPerGroup or total.");
  const levels = ["hard", "medium", "easy", "unknown", "*"];
  const strange = by === "difficulty" ? Object.keys(mix).filter((name) => !levels.includes(name)) : [];
  if (strange.length > 0) problems.push(`mix names ${strange.map((name) => `"${name}"`).join(", ")}; by difficulty there are ${levels.join(", ")}.`);
  if (problems.length > 0) throw new PluginError("BALANCE", problems.join("\n"), { hint: "Correct the options of this preparer." });
}

function dropsByRate({ minPassRate, maxPassRate, unknown }: BalanceOptions): boolean {
  return minPassRate > 0 || maxPassRate < 1 || unknown === "drop";
}
