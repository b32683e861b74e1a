/** An LLM judges what rules cannot see: each trajectory by rubrics, or a repair against its original. */
import { resolve } from "node:path";
import {
  allFinished,
  DIALECTS,
  type DimensionInfo,
  definePlugin,
  POLICY,
  ROLLOUT,
  type Score,
  type ScoreItem,
  type Scores,
} from "@autotraj/core/plugin";
import { Calibration, describe, readKnownVerdicts } from "./calibration.ts";
import { grade, notApplicable, scoreOf } from "./grade.ts";
import { Jury } from "./jury.ts";
import { type Material, materialOf } from "./material.ts";
import { type Dimension, dimensionsOf, type JudgeOptions, OPTIONS_SCHEMA } from "./options.ts";
import { compare, preferenceScore } from "./pairwise.ts";
import { Tally } from "./tally.ts";

export type { JudgeOptions } from "./options.ts";

export default definePlugin<JudgeOptions>({
  meta: {
    name: "@autotraj/scorer-judge",
    apiVersion: 1,
    kind: "scorer",
    description: "An LLM judges each trajectory by rubrics, or a repair against its original; measured on known verdicts",
    options: OPTIONS_SCHEMA,
    requires: [POLICY, ROLLOUT, DIALECTS],
    supports: { deterministic: true, gold: true },
  },
  setup(api, options) {
    const dimensions = dimensionsOf(options);
    const better = `judge-better${options.suffix}`;
    const dialects = api.use(DIALECTS);
    const policy = api.use(POLICY, options.policy);
    const jury = new Jury(api.use(ROLLOUT), api.id, policy.dialects.includes("native") ? "native" : "tags", options);
    const tally = new Tally();
    let calibration: Calibration | undefined;
    api.onStart(async () => {
      if (options.calibration === undefined) return;
      const known = readKnownVerdicts(resolve(api.baseDir, options.calibration), dimensions, dialects);
      calibration = new Calibration(jury, known, dimensions, options, (measurement) => api.log.info(describe(measurement)));
    });
    api.onDispose(() => tally.report(api.log));

    const judged = async (dimension: Dimension, material: Material, worth: readonly number[] | undefined): Promise<Score> => {
      const reason = notApplicable(dimension, material);
      if (reason !== undefined) return { skipped: reason };
      return askedFor(async () => {
        const graded = await grade(jury, dimension, material, options);
        tally.replies(graded.votes);
        return scoreOf(graded, dimension, options, worth);
      });
    };
    const compared = async ({ trajectory, query, parent }: ScoreItem): Promise<Score> => {
      if (parent === undefined) return { skipped: "not a repair: there is nothing to compare it with" };
      return askedFor(async () => {
        const comparison = await compare(jury, materialOf(trajectory, query, dialects), materialOf(parent.trajectory, query, dialects), options);
        tally.comparison(comparison);
        return preferenceScore(comparison, options);
      });
    };
    api.hooks.score.tapPromise({ dimensions: infoOf(dimensions, better, options) }, async (batch) => {
      const measured = await calibration?.measured();
      return allFinished(
        batch.map(async (item): Promise<Scores> => {
          const broken = item.trajectory.finish === "failed" ? ({ skipped: "the policy failed before it was finished" } as const) : undefined;
          const material = materialOf(item.trajectory, item.query, dialects);
          const scores = dimensions.map(async (dimension, index) => {
            const worth = options.calibrate ? measured?.[index]?.worth : undefined;
            return [dimension.name, broken ?? (await judged(dimension, material, worth))] as const;
          });
          const comparison = async () => [better, broken ?? (await compared(item))] as const;
          return Object.fromEntries(await allFinished(options.pairwise ? [...scores, comparison()] : scores));
        }),
      );
    });
  },
});

function infoOf(dimensions: readonly Dimension[], better: string, { pairwise }: JudgeOptions): Record<string, DimensionInfo> {
  const info = ({ name, question, choices }: Dimension) => {
    const scale = choices[0] === "no" ? "no 0, yes 1" : `grades 1 to ${choices.length} as 0 to 1`;
    return [name, { description: `Judged (${scale}): ${question.split(/(?<=[.?!])\s/u, 1)[0]}` }] as const;
  };
  return {
    ...Object.fromEntries(dimensions.map(info)),
    ...(pairwise
      ? { [better]: { description: "1: the judge prefers the repair to its original in both orders; 0: the original; 0.5: neither" } }
      : {}),
  };
}

/** A call that fails costs one score, which a resumed run makes again; the kernel's own errors (a stopped run) are not for a score sheet. */
async function askedFor(work: () => Promise<Score>): Promise<Score> {
  try {
    return await work();
  } catch (error) {
    const { code } = (error ?? {}) as { readonly code?: unknown };
    if (typeof code === "string" && code.startsWith("ATRAJ_")) throw error;
    return { failed: `the judge could not be asked: ${error instanceof Error ? error.message : String(error)}` };
  }
}
