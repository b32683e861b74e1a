/** A preset made ready: its plugins found, imported, and their options valid. From here on nothing is read from files any more. */
import { dirname } from "node:path";
import { collected } from "../kernel/collected.ts";
import { AutoTrajError, type ErrorCode } from "../kernel/errors.ts";
import type { JsonObject, PluginKind, Query } from "../kernel/plugin.ts";
import type { UsedPlugin } from "../kernel/used-plugin.ts";
import { counted } from "../messages/counted.ts";
import { originText, placeText } from "../messages/place.ts";
import { validateOptions } from "./options.ts";
import { type LoadedPlugin, loadPlugin, loadStandard } from "./plugin-loader.ts";
import type { ResolvedPreset } from "./preset/index.ts";
import { STANDARD_STAGES } from "./standard-stages.ts";

/** All that a run is made of: what its preset says, and its plugins with valid options. */
export interface ReadyRun extends Pick<ResolvedPreset, "name" | "settings" | "originOf" | "redacted" | "identity"> {
  /** In the preset's order. */
  readonly plugins: readonly UsedPlugin[];
  /** AutoTraj's own that its stages need and no preset has to name. */
  readonly standard: readonly UsedPlugin[];
  /** In place of a file of them, where a program brings them along. */
  readonly questions?: readonly Query[];
}

/** All mistakes of one phase are reported together, or written down where `mistakes` are collected. @throws ATRAJ_PLUGIN_NOT_FOUND, ATRAJ_PLUGIN_INVALID, ATRAJ_API_VERSION, ATRAJ_OPTIONS_INVALID, ATRAJ_SECRET_LITERAL */
export async function readyPreset(preset: ResolvedPreset, mistakes?: unknown[]): Promise<ReadyRun> {
  // One without `use` was a mistake before.
  const named = preset.plugins.filter(({ use }) => use !== "");
  return readyLoaded(preset, await allOf(named.map(loadPlugin), mistakes), mistakes);
}

/** The same with plugins that are there already. */
export async function readyLoaded(preset: ResolvedPreset, loaded: readonly LoadedPlugin[], mistakes?: unknown[]): Promise<ReadyRun> {
  const { name, settings, originOf, redacted, identity } = preset;
  const plugins = usedPlugins(preset, loaded, mistakes);
  return { ...{ name, settings, originOf, redacted, identity }, plugins, standard: await standardPlugins(preset, loaded) };
}

/** What is imported waits for files more than for the processor: all at once, and all that is wrong said together. */
async function allOf(loading: readonly Promise<LoadedPlugin>[], mistakes?: unknown[]): Promise<readonly LoadedPlugin[]> {
  await Promise.allSettled(loading);
  return collected(
    loading.map((one) => () => one),
    mistakes,
  );
}

/** Those of AutoTraj's own stages that the preset names, with what they need and it does not have. Their ids have a space: none can be taken for one of the preset's. */
async function standardPlugins({ settings, file }: ResolvedPreset, own: readonly LoadedPlugin[]): Promise<readonly UsedPlugin[]> {
  const isThere = (kind: PluginKind) => own.some(({ plugin }) => plugin.meta.kind === kind);
  const packages = STANDARD_STAGES.filter(({ name }) => settings.stages[name] !== undefined).flatMap(({ name, use, needs }) => [
    { id: `stage ${name}`, use },
    ...(needs === undefined || isThere(needs.kind) ? [] : [{ id: `${needs.kind} for ${name}`, use: needs.use }]),
  ]);
  const place = { baseDir: dirname(file), declaredAt: { file, line: 0 }, options: {}, secretPaths: new Set<string>() };
  const loaded = await allOf(packages.map((one) => loadStandard({ ...one, ...place })));
  return usedPlugins({ name: "stages", originOf: () => undefined }, loaded);
}

/** Plugins with valid options, or all that is wrong with them in one error. */
function usedPlugins(
  { name, originOf }: Pick<ResolvedPreset, "name" | "originOf">,
  loaded: readonly LoadedPlugin[],
  mistakes?: unknown[],
): readonly UsedPlugin[] {
  const used: UsedPlugin[] = [];
  const wrong: LoadedPlugin[] = [];
  const problems: string[] = [];
  const codes = new Set<ErrorCode>();
  for (const plugin of loaded) {
    const outcome = validateOptions(plugin.plugin, plugin.entry, originOf);
    if ("options" in outcome) {
      used.push(usedPlugin(plugin, outcome.options));
      continue;
    }
    wrong.push(plugin);
    problems.push(...outcome.problems);
    codes.add(outcome.code);
  }
  if (problems.length === 0) return used;
  const [only = "ATRAJ_OPTIONS_INVALID", ...others] = codes;
  const error = new AutoTrajError(others.length === 0 ? only : "ATRAJ_OPTIONS_INVALID", {
    who: name,
    ...(others.length === 0 && only === "ATRAJ_PLUGIN_INVALID"
      ? { what: "a plugin says wrongly which options it has.", hint: "That is its author's to correct, in meta.options.", ...placeOf(wrong) }
      : { what: `${counted(problems.length, "option is", "options are")} wrong.`, hint: infoHint(wrong) }),
    details: problems,
  });
  if (mistakes === undefined) throw error;
  mistakes.push(error);
  return used;
}

function placeOf([wrong]: readonly LoadedPlugin[]): { readonly where?: string } {
  const where = wrong?.module === undefined ? undefined : originText({ module: wrong.module, namedAt: placeText(wrong.entry.declaredAt) });
  return where === undefined ? {} : { where };
}

/** Which command says more. */
function infoHint(wrong: readonly LoadedPlugin[]): string {
  const [only, ...others] = new Set(wrong.map(({ entry }) => entry.use));
  return `\`autotraj plugin info ${others.length === 0 ? only : "PACKAGE"}\` lists a plugin's options.`;
}

export function usedPlugin(loaded: LoadedPlugin, options: Readonly<JsonObject>): UsedPlugin {
  const { plugin, packageName, version, code, module, otherCore, entry } = loaded;
  const { id, baseDir, declaredAt } = entry;
  // One of a program has no file, and one that is used alone is named nowhere.
  const namedAt = declaredAt.file === baseDir ? "" : placeText(declaredAt);
  return {
    ...{ id, plugin, options, packageName, version, baseDir },
    ...(code === undefined ? {} : { code }),
    ...(otherCore === undefined ? {} : { otherCore }),
    ...(module === undefined ? {} : { origin: { module, ...(namedAt === "" ? {} : { namedAt }) } }),
  };
}
