/** What decides a stage's result, part by part: it is done again where one of them has changed, and says which. */

import { type JsonObject, POLICY, TOOL } from "../../kernel/plugin.ts";
import { contentHash } from "../../kernel/trajectory/identity.ts";
import type { UsedPlugin } from "../../kernel/used-plugin.ts";
import type { Session } from "../../loop/session.ts";
import type { KeyParts } from "../../results/artifact.ts";
import type { ChosenStage } from "./chosen-stages.ts";

type Values = Readonly<Record<string, unknown>>;

/** @param parts what the stage itself says decides its result */
export function keyParts(chosen: ChosenStage, session: Session, parts: Values): KeyParts {
  return hashed({ ...ownParts(chosen, session), ...parts });
}

/** Of a stage's parts those that its preset alone decides, for telling whether what it left is what the preset now says. */
export function changedSettings(parts: KeyParts, chosen: ChosenStage, session: Session): readonly string[] {
  const { id } = session.kernel.pluginOf(chosen.backend?.name ?? "") ?? {};
  const own = (name: string) => /^(?:trainer$|run\.seed$|the trainer's option |the setting )/.test(name) || name.startsWith(`plugin ${id}: `);
  return differences(Object.fromEntries(Object.entries(parts).filter(([name]) => own(name))), hashed(ownParts(chosen, session)));
}

/** What has changed, one entry per part. */
export function differences(before: KeyParts | undefined, now: KeyParts): readonly string[] {
  if (before === undefined) return ["the version that did it kept no record of what decided it"];
  return [...new Set([...Object.keys(now), ...Object.keys(before)])].flatMap((name) => {
    if (before[name] === now[name]) return [];
    return `${name} ${before[name] === undefined ? "was added" : now[name] === undefined ? "was taken out" : "changed"}`;
  });
}

function ownParts({ plugin, stage, valid, given, backend, seed }: ChosenStage, session: Session): Values {
  const { decisive = Object.keys(plugin.settings.properties) } = plugin;
  const trainer = backend === undefined ? undefined : session.kernel.pluginOf(backend.name);
  return {
    ...(backend === undefined ? {} : { trainer: [stage, backend.name] }),
    ...(trainer === undefined ? {} : pluginParts(trainer, session)),
    ...prefixed("the trainer's option", Object.fromEntries(Object.entries(given).filter(([name]) => !backend?.notDecisive?.includes(name)))),
    ...prefixed("the setting", Object.fromEntries(decisive.map((name) => [name, valid[name]]))),
    ...(seed === session.settings.run.seed ? {} : { "the setting seed": seed }),
    "run.seed": session.settings.run.seed,
  };
}

/** A plugin's package, code and options; of tools and policies also what they themselves say decides their answers. */
export function pluginParts(used: UsedPlugin, session: Session): Values {
  const { id } = used;
  // Secrets stand in it by their names: another key for the same server decides nothing.
  const { options = {} } = (session.ready.redacted()["plugins"] as Record<string, { options?: JsonObject }>)[id] ?? {};
  const identities = [POLICY, TOOL].flatMap((token) =>
    [...session.services.useAll<{ readonly identity: string }>(token)]
      .filter(([name]) => session.kernel.pluginOf(name) === used)
      .map(([, { identity }]) => identity),
  );
  return {
    [`plugin ${id}: package`]: used.packageName,
    [`plugin ${id}: code`]: used.code === undefined ? used.version : `${used.version} ${used.code}`,
    ...prefixed(`plugin ${id}: option`, options),
    ...(identities.length === 0 ? {} : { [`plugin ${id}: identity`]: identities }),
  };
}

function prefixed(prefix: string, values: Values): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix} ${name}`, value]));
}

/** What is undefined is no part. */
function hashed(parts: Values): KeyParts {
  return Object.fromEntries(Object.entries(parts).flatMap(([name, value]) => (value === undefined ? [] : [[name, contentHash(value).slice(0, 16)]])));
}
