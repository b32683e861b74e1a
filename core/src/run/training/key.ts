/** What decides a training's result, part by part: a training is done again where one of them has changed, and says which. */

import type { LoadedPlugin } from "../../config/plugin-loader.ts";
import type { Kernel } from "../../kernel/kernel.ts";
import { type JsonObject, POLICY, TOOL } from "../../kernel/plugin.ts";
import { contentHash } from "../../kernel/trajectory/identity.ts";
import type { RewardScale } from "../reward.ts";
import type { Training } from "../trainings.ts";
import { codeOf, pluginOf, rewardingPlugins } from "./plugins.ts";
import { backendOptions, heldOutOf, wantedRows } from "./settings.ts";

/** Name of a part, as people read it (`the trainer's option epochs`, `plugin judge: code`) → hash of it. */
export type KeyParts = Readonly<Record<string, string>>;

/** What a training starts from. */
export interface KeyInputs {
  /** {@link StartModel} `identity`. */
  readonly startModel: string;
  /** Hash of its rows or questions. */
  readonly data: string;
  /** Stage `rl`. */
  readonly rl?: {
    /** Hash of the preference pairs. */
    readonly pairs: string | undefined;
    /** Names of the terms that count, and the tools that may be called. */
    readonly terms: readonly string[];
    readonly tools: readonly string[];
    /** The reward model, where its term counts. */
    readonly rewardModel: { readonly key: string; readonly scale: RewardScale | undefined } | undefined;
  };
}

export function keyParts(training: Training, kernel: Kernel, { startModel, data, rl }: KeyInputs): KeyParts {
  const { combine, weights } = kernel.preset.preset.reward;
  const parts = {
    ...ownParts(training, kernel),
    "start model": startModel,
    [training.stage === "rl" ? "the questions to play" : "the rows to train on"]: data,
    ...(rl === undefined
      ? {}
      : {
          ...Object.assign({}, ...rewardingPlugins(kernel, rl.terms, rl.tools).map((plugin) => pluginParts(plugin, kernel))),
          "reward.combine": combine,
          "reward.weights": weights,
          "the preference pairs": rl.pairs,
          "the reward model": rl.rewardModel?.key,
          "the reward model's scale": rl.rewardModel?.scale,
          "the reward's terms": rl.terms,
        }),
  };
  return hashed(parts);
}

/** Of a training's parts those that its preset alone decides, for telling whether a model was trained as the preset now says. */
export function changedSettings(parts: KeyParts, training: Training, kernel: Kernel): readonly string[] {
  const { id } = pluginOf(kernel, kernel.lifecycle.trainerOf(training.stage))?.entry ?? {};
  const own = (name: string) => /^(?:trainer$|run\.seed$|the trainer's option |the setting )/.test(name) || name.startsWith(`plugin ${id}: `);
  return differences(Object.fromEntries(Object.entries(parts).filter(([name]) => own(name))), hashed(ownParts(training, kernel)));
}

/** What has changed, one entry per part. */
export function differences(before: KeyParts | undefined, now: KeyParts): readonly string[] {
  if (before === undefined) return ["the version that did it kept no record of what decided it"];
  return [...new Set([...Object.keys(now), ...Object.keys(before)])].flatMap((name) => {
    if (before[name] === now[name]) return [];
    return `${name} ${before[name] === undefined ? "was added" : now[name] === undefined ? "was taken out" : "changed"}`;
  });
}

function ownParts({ name, stage, settings }: Training, kernel: Kernel): JsonLike {
  const trainer = kernel.lifecycle.trainerOf(stage);
  const plugin = pluginOf(kernel, trainer);
  return {
    trainer: [stage, trainer],
    ...(plugin === undefined ? {} : pluginParts(plugin, kernel)),
    ...prefixed("the trainer's option", backendOptions(settings)),
    ...(stage === "rl" ? {} : { "the setting heldOut": heldOutOf(stage, settings) }),
    ...(stage === "sft" ? { "the setting rows": wantedRows(name, settings["rows"]) ?? "all" } : {}),
    "run.seed": kernel.preset.preset.run.seed,
  };
}

/** Its package, code and options; of tools and policies also what they themselves say decides their answers. */
function pluginParts(loaded: LoadedPlugin, kernel: Kernel): JsonLike {
  const { id } = loaded.entry;
  // Secrets stand in it by their names: another key for the same server decides nothing.
  const { options = {} } = (kernel.preset.redacted()["plugins"] as Record<string, { options?: JsonObject }>)[id] ?? {};
  const identities = [POLICY, TOOL].flatMap((token) =>
    [...kernel.services.useAll<{ readonly identity: string }>(token)]
      .filter(([name]) => pluginOf(kernel, name) === loaded)
      .map(([, { identity }]) => identity),
  );
  return {
    [`plugin ${id}: package`]: loaded.packageName,
    [`plugin ${id}: code`]: codeOf(loaded),
    ...prefixed(`plugin ${id}: option`, options),
    ...(identities.length === 0 ? {} : { [`plugin ${id}: identity`]: identities }),
  };
}

type JsonLike = Readonly<Record<string, unknown>>;

function prefixed(prefix: string, values: JsonLike): JsonLike {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix} ${name}`, value]));
}

/** What is undefined is no part. */
function hashed(parts: JsonLike): KeyParts {
  return Object.fromEntries(Object.entries(parts).flatMap(([name, value]) => (value === undefined ? [] : [[name, contentHash(value).slice(0, 16)]])));
}
