/** Keeps what is good of a trajectory: cuts it at the first fault and lets a model go on from there, with real tools. */
import { definePlugin, POLICY, ROLLOUT, type ScoredTrajectory } from "@autotraj/core/plugin";
import { Offers } from "@autotraj/repair-offers/offers";
import { goodPrefixes, writtenPart } from "./cut.ts";

export interface ResumeRepairerOptions {
  /** Preset id of the policy that goes on. */
  readonly policy: string;
  /** Continuations tried per prefix; when they are used up, the next shorter prefix is tried. */
  readonly triesPerPrefix: number;
  /** Continuations tried in all. */
  readonly attempts: number;
  readonly temperature: number;
  /** `no` keeps the loss off the kept prefix: for prefixes that another model wrote. */
  readonly trainPrefix: "yes" | "no";
}

export default definePlugin<ResumeRepairerOptions>({
  meta: {
    name: "@autotraj/repairer-resume",
    apiVersion: 1,
    kind: "repairer",
    description: "Keeps the longest good prefix and lets a model go on from there",
    options: {
      type: "object",
      additionalProperties: false,
      required: ["policy"],
      properties: {
        policy: { type: "string", minLength: 1, description: "Preset id of the policy that goes on from the prefix." },
        triesPerPrefix: { type: "integer", minimum: 1, default: 1, description: "Continuations tried per prefix before the next shorter one." },
        attempts: { type: "integer", minimum: 1, maximum: 100, default: 2, description: "Continuations tried per trajectory in all." },
        temperature: {
          type: "number",
          minimum: 0,
          maximum: 2,
          default: 0.8,
          description: "Temperature of the continuations; greedy would often repeat the fault.",
        },
        trainPrefix: { enum: ["yes", "no"], default: "yes", description: "no keeps the loss off the kept prefix." },
      },
    },
    requires: [POLICY],
    supports: { deterministic: true, gold: false },
  },
  setup(api, options) {
    const policy = api.use(POLICY, options.policy);
    const rollout = api.use(ROLLOUT);
    const offers = new Offers(api);
    api.onDispose(() => offers.sumUp());
    api.hooks.repair.tapPromise({ attempts: options.attempts }, async (repairCase, run) => {
      const { request, original } = repairCase;
      const prefixes = goodPrefixes(original, request.maxTurns);
      const write = async (number: number) => {
        const length = prefixes[Math.floor(number / options.triesPerPrefix)];
        if (length === undefined) return undefined;
        return rollout.write(request, {
          policy: options.policy,
          key: `resume ${api.id} ${original.trajectory.id} ${number}`,
          prefix: keptTurns(original, length, { ...options, model: policy.model }),
          sampling: { temperature: options.temperature },
          provenance: { origin: "repair", parent: original.trajectory.id, notes: { keptMessages: length, try: number } },
          signal: run.signal,
        });
      };
      return offers.next(repairCase, { attempts: options.attempts, write });
    });
  },
});

function keptTurns(
  { trajectory }: ScoredTrajectory,
  length: number,
  { trainPrefix, model }: Pick<ResumeRepairerOptions, "trainPrefix"> & { model: string },
) {
  const sameAuthor = trajectory.provenance.model === model;
  return writtenPart(trajectory.messages)
    .slice(0, length)
    .map((message) => {
      if (message.role === "tool") return message;
      const { tokens, ...rest } = message;
      return { ...rest, train: message.train !== false && trainPrefix === "yes", ...(sameAuthor && tokens !== undefined ? { tokens } : {}) };
    });
}
