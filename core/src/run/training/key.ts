/** What decides a training's result, part by part: a training is done again where one of them has changed, and says which. */

import type { UsedPlugin } from "../../kernel/kernel.ts";
import { type JsonObject, POLICY, TOOL } from "../../kernel/plugin.ts";
import { contentHash } from "../../kernel/trajectory/identity.ts";
import type { RewardScale } from "../reward.ts";
import type { Session } from "../session.ts";
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

export function keyParts(training: Training, session: Session, { startModel, data, rl }: KeyInputs): KeyParts {
  const { combine, weights } = session.settings.reward;
  const parts = {
    ...ownParts(training, session),
    "start model": startModel,
    [training.stage === "rl" ? "the questions to play" : "the rows to train on"]: data,
    ...(rl === undefined
      ? {}
      : {
          ...Object.assign({}, ...rewardingPlugins(session, rl.terms, rl.tools).map((plugin) => pluginParts(plugin, session))),
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
export function changedSettings(parts: KeyParts, training: Training, session: Session): readonly string[] {
  const { id } = pluginOf(session, session.lifecycle.trainerOf(training.stage)) ?? {};
  const own = (name: string) => /^(?:trainer$|run\.seed$|the trainer's option |the setting )/.test(name) || name.startsWith(`plugin ${id}: `);
  return differences(Object.fromEntries(Object.entries(parts).filter(([name]) => own(name))), hashed(ownParts(training, session)));
}

/** What has changed, one entry per part. */
export function differences(before: KeyParts | undefined, now: KeyParts): readonly string[] {
  if (before === undefined) return ["the version that did it kept no record of what decided it"];
  return [...new Set([...Object.keys(now), ...Object.keys(before)])].flatMap((name) => {
    if (before[name] === now[name]) return [];
    return `${name} ${before[name] === undefined ? "was added" : now[name] === undefined ? "was taken out" : "changed"}`;
  });
}

function ownParts({ name, stage, settings }: Training, session: Session): JsonLike {
  const trainer = session.lifecycle.trainerOf(stage);
  const plugin = pluginOf(session, trainer);
  return {
    trainer: [stage, trainer],
    ...(plugin === undefined ? {} : pluginParts(plugin, session)),
    ...prefixed("the trainer's option", backendOptions(settings)),
    ...(stage === "rl" ? {} : { "the setting heldOut": heldOutOf(stage, settings) }),
    ...(stage === "sft" ? { "the setting rows": wantedRows(name, settings["rows"]) ?? "all" } : {}),
    "run.seed": session.settings.run.seed,
  };
}

/** Its package, code and options; of tools and policies also what they themselves say decides their answers. */
function pluginParts(loaded: UsedPlugin, session: Session): JsonLike {
  const { id } = loaded;
  // Secrets stand in it by their names: another key for the same server decides nothing.
  const { options = {} } = (session.ready.redacted()["plugins"] as Record<string, { options?: JsonObject }>)[id] ?? {};
  const identities = [POLICY, TOOL].flatMap((token) =>
    [...session.services.useAll<{ readonly identity: string }>(token)]
      .filter(([name]) => pluginOf(session, name) === loaded)
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
