/** The stages of a run with the plugins that do them and valid settings: all that can be wrong with them is said at once, before anything is spent. */

import { schemaFaults, validateSettings } from "../../config/options.ts";
import { STANDARD_STAGES } from "../../config/standard-stages.ts";
import { AutoTrajError, isAutoTrajError, messageOf, pluginErrorParts } from "../../kernel/errors.ts";
import { type JsonObject, MACHINE_LACKS, type OptionsSchema, STAGE, type Stage, type TrainTapOptions } from "../../kernel/plugin.ts";
import { pluginOf } from "../../kernel/provider-name.ts";
import type { Session } from "../../loop/session.ts";
import { counted } from "../../messages/counted.ts";
import { instead } from "../../messages/nearest.ts";
import { type Path, pathText, placeText } from "../../messages/place.ts";
import { seedSetting } from "./training-seed.ts";
import { stagesOf, type WantedStage } from "./wanted-stages.ts";

export interface ChosenStage extends WantedStage {
  readonly plugin: Stage;
  /** Of its own settings and its backend's those that are valid, with their defaults. */
  readonly valid: Readonly<JsonObject>;
  /** Who trains, where it is trained. */
  readonly backend?: TrainTapOptions & { readonly name: string; readonly pluginId: string };
  /** Of the settings, as the preset has them, those that are the backend's. */
  readonly given: Readonly<JsonObject>;
  /** What its training begins from: its setting `seed`, else the run's. */
  readonly seed: number;
  readonly isAblation: boolean;
}

/**
 * Every stage of the preset, wanted or not: what one leaves decides what another starts from.
 * @param wanted names of those that are to be done, by default all: what a plugin has against settings that its schema allows, such as more GPUs than there
 * are, is a mistake only for these
 * @throws ATRAJ_PRESET_INVALID for a stage that nobody offers; ATRAJ_STAGE_INPUT with all mistakes of all stages; ATRAJ_TRAINER_MISSING, ATRAJ_TRAINER_AMBIGUOUS
 */
export function chosenStages(session: Session, wanted?: readonly string[]): readonly ChosenStage[] {
  const known = CHOSEN.get(session) ?? choose(session);
  CHOSEN.set(session, known);
  const problems = known.mistakes.flatMap(({ problem, of }) => (of === undefined || (wanted?.includes(of) ?? true) ? [problem] : []));
  if (problems.length === 0) return known.stages;
  const isMachines = known.mistakes.every(({ lacks }) => lacks === true);
  throw new AutoTrajError("ATRAJ_STAGE_INPUT", {
    who: session.name,
    what: `${counted(problems.length, "setting of a stage is", "settings of stages are")} wrong.`,
    details: problems,
    hint: "`autotraj plugin info PACKAGE` lists the settings of a stage, or of a trainer for it.",
    ...(isMachines ? { pluginCode: MACHINE_LACKS } : {}),
  });
}

/** Asked for at several places of a run; settings do not change. */
const CHOSEN = new WeakMap<Session, ReturnType<typeof choose>>();

interface StageMistake {
  readonly problem: string;
  /** The stage or ablation that it keeps from being done; none where the preset itself is wrong. */
  readonly of?: string;
  /** It is this machine that lacks something. */
  readonly lacks?: boolean;
}

function choose(session: Session): { stages: readonly ChosenStage[]; mistakes: readonly StageMistake[] } {
  const there = stagePlugins(session);
  // An ablation's settings are its stage's: a schema is compiled once.
  const schemas = new Map<string, OptionsSchema>();
  const mistakes: StageMistake[] = [];
  const stages = stagesOf(session.settings).map((wanted): ChosenStage => {
    const plugin = there.get(wanted.stage);
    if (plugin === undefined) throw unknownStage(wanted.stage, [...there.keys()], session);
    const backend =
      plugin.trains === undefined ? undefined : session.lifecycle.backendOf(plugin.trains, wanted.settings["trainer"] as string | undefined);
    checkSchemas(wanted, plugin, backend);
    const schema = schemas.get(wanted.stage) ?? schemaOf(plugin, backend);
    schemas.set(wanted.stage, schema);
    const { trainer: _trainer, ...settings } = wanted.settings;
    const hosts = seedSetting(plugin, backend);
    const given = Object.fromEntries(Object.entries(settings).filter(([name]) => !(name in plugin.settings.properties || name in hosts)));
    const outcome = validateSettings(schema, settings, prefixOf(wanted), originOf(session, wanted));
    if ("problems" in outcome && outcome.code === "ATRAJ_PLUGIN_INVALID") throw invalidSchema(wanted.stage, outcome.problems);
    // What an ablation has from its stage is told once, as the stage's.
    const ofStage = pathText(["stages", wanted.stage]);
    const isTold = (said: string) => mistakes.some(({ problem }) => problem === said.replace(pathText(prefixOf(wanted)), ofStage));
    if ("problems" in outcome) mistakes.push(...outcome.problems.flatMap((problem) => (isTold(problem) ? [] : [{ problem }])));
    const valid = "settings" in outcome ? outcome.settings : {};
    if ("settings" in outcome)
      mistakes.push(...saidBy(wanted, [() => plugin.check?.(valid), () => backend?.check?.(backendSettings(plugin, backend, valid), given)]));
    const seed = "seed" in hosts && typeof valid["seed"] === "number" ? valid["seed"] : session.settings.run.seed;
    return { ...wanted, plugin, valid, given, seed, isAblation: wanted.name !== wanted.stage, ...(backend === undefined ? {} : { backend }) };
  });
  return { stages, mistakes };
}

/** What a plugin says of its settings is its author's to get right. @throws ATRAJ_PLUGIN_INVALID */
function checkSchemas({ stage }: WantedStage, plugin: Stage, backend: ChosenStage["backend"]): void {
  for (const [by, schema] of [
    [`stage "${stage}"`, plugin.settings],
    ...(backend === undefined ? [] : [[`trainer "${backend.name}"`, backend.settings] as const]),
  ] as const) {
    const details = schemaFaults(schema).map((what) => `the settings schema ${what}.`);
    if (details.length > 0) throw invalidSchema(stage, details, by);
  }
}

function invalidSchema(stage: string, details: readonly string[], who = `stage "${stage}"`): AutoTrajError {
  return new AutoTrajError("ATRAJ_PLUGIN_INVALID", { who, what: `its settings for stage ${stage} cannot be checked.`, details });
}

/** By name. The preset's own go before AutoTraj's. @throws ATRAJ_SERVICE_CONFLICT where two of the preset offer one name */
function stagePlugins({ services, plugins }: Session): ReadonlyMap<string, Stage> {
  const own = new Set(plugins.map(({ id }) => id));
  const found = new Map<string, { readonly by: string; readonly stage: Stage }>();
  for (const [by, stage] of services.useAll(STAGE)) {
    const other = found.get(stage.name);
    if (other !== undefined && own.has(pluginOf(other.by)) && own.has(pluginOf(by))) {
      throw new AutoTrajError("ATRAJ_SERVICE_CONFLICT", {
        who: `plugin "${by}"`,
        what: `it provides the stage "${stage.name}", which "${other.by}" provides already.`,
        hint: `Remove one of the two from the preset (plugins.${pluginOf(by)}: false).`,
      });
    }
    if (other === undefined || own.has(pluginOf(by))) found.set(stage.name, { by, stage });
  }
  return new Map([...found].map(([name, { stage }]) => [name, stage]));
}

function unknownStage(name: string, there: readonly string[], session: Session): AutoTrajError {
  const at = session.ready.originOf(pathText(["stages", name]));
  return new AutoTrajError("ATRAJ_PRESET_INVALID", {
    who: session.name,
    what: `no plugin offers the stage "${name}".`,
    ...(at === undefined ? {} : { where: placeText(at) }),
    hint: `${instead(name, [...new Set([...there, ...STANDARD_STAGES.map((stage) => stage.name)])], "Stages are")} A stage of another kind needs its plugin (kind stage) in the preset.`,
  });
}

/** Its own settings, then the backend's, and the host's. */
function schemaOf(plugin: Stage, backend: TrainTapOptions | undefined): OptionsSchema {
  if (backend === undefined) return plugin.settings;
  const { properties, required = [] } = plugin.settings;
  const all = { ...backend.settings.properties, ...seedSetting(plugin, backend), ...properties };
  return { type: "object", additionalProperties: false, properties: all, required: [...required, ...(backend.settings.required ?? [])] };
}

/** What the backend is given. */
export function backendSettings(plugin: Stage, backend: TrainTapOptions | undefined, valid: Readonly<JsonObject>): JsonObject {
  const known = backend?.settings.properties ?? {};
  return Object.fromEntries(Object.entries(valid).filter(([name]) => name in known && !(name in plugin.settings.properties)));
}

function prefixOf({ name, stage }: WantedStage): Path {
  return name === stage ? ["stages", stage] : ["ablations", name, "settings"];
}

/** What an ablation does not say is its stage's. */
function originOf({ ready }: Session, { name, stage }: WantedStage) {
  return (path: string) =>
    ready.originOf(path) ??
    (name === stage ? undefined : ready.originOf(path.replace(pathText(["ablations", name, "settings"]), pathText(["stages", stage]))));
}

function saidBy({ name, stage }: WantedStage, checks: readonly (() => void)[]): readonly StageMistake[] {
  return checks.flatMap((check) => {
    try {
      check();
      return [];
    } catch (error) {
      // Whoever checks a stage's settings may have named the stage already.
      const said = (isAutoTrajError(error) ? `${error.parts.who}: ${error.parts.what}` : messageOf(error)).replace(`stages.${stage}: `, "");
      const { hint } = (isAutoTrajError(error) ? error.parts : error) as { readonly hint?: string };
      const problem = `${name === stage ? "stages" : "ablations"}.${name}: ${said}${hint === undefined ? "" : ` ${hint}`}`;
      return [{ problem, of: name, lacks: pluginErrorParts(error).pluginCode === MACHINE_LACKS }];
    }
  });
}
