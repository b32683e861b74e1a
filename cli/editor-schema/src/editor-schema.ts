/**
 * The schema by which editors complete and check presets: the kernel's own, with the settings of stages and trainers, and with the options of plugins where these are
 * known.
 */
import { type DescribedStage, type PluginMeta, PRESET_SCHEMA } from "@autotraj/core";
import { pluginOptions, REFERENCE, REFERENCE_SCHEMA } from "./plugin-options.ts";
import { definition, eachOf, nullable, oneFile, type SchemaNode } from "./schema-node.ts";
import { type PluginOfStages, stageSettings, type Unknown } from "./stage-settings.ts";

/** A plugin that presets may name. */
export interface KnownPlugin extends PluginOfStages {
  readonly meta: Pick<PluginMeta, "name" | "kind" | "description" | "options">;
  /** How presets name it: its package, or paths as they are written in one preset. */
  readonly uses: readonly string[];
  /** The ids of one preset's entries that use it, of which another file may leave `use` out. */
  readonly ids: readonly string[];
}

/** The schema of presets that any plugins may be in: settings that are unknown here are no mistake, and options stay unsaid. */
export function openSchema(plugins: readonly PluginOfStages[]): SchemaNode {
  return withStages(oneFile(PRESET_SCHEMA), plugins, "allowed");
}

/** The schema of presets whose plugins are known: what none of them takes is a mistake. Of plugins that are not among them nothing is said. */
export function closedSchema(plugins: readonly KnownPlugin[]): SchemaNode {
  return withOptions(withStages(oneFile(PRESET_SCHEMA), plugins, "refused"), plugins);
}

function withStages({ properties = {}, ...schema }: SchemaNode, plugins: readonly PluginOfStages[], unknown: Unknown): SchemaNode {
  const stages = plugins.filter(({ meta }) => meta.kind === "stage").flatMap((plugin) => plugin.stages);
  const definitions = Object.fromEntries(stages.map((stage) => [`${stage.name}-settings`, stageSettings(stage, plugins, unknown)]));
  const { stages: section = {}, ablations = {} } = properties;
  // A stage of another plugin is one like any.
  const entryOf = ({ name }: DescribedStage) => section.properties?.[name] ?? (section.additionalProperties as SchemaNode);
  const known = Object.fromEntries(stages.map((stage) => [stage.name, { ...entryOf(stage), allOf: [settingsOf(stage)] }]));
  const rules = stages.map((stage) => when("stage", [stage.name], { settings: settingsOf(stage) }));
  return {
    ...schema,
    definitions,
    properties: {
      ...properties,
      stages: { ...section, properties: { ...section.properties, ...known } },
      ablations: { ...ablations, additionalProperties: { ...(ablations.additionalProperties as SchemaNode), allOf: rules } },
    },
  };
}

function settingsOf({ name }: DescribedStage): SchemaNode {
  return definition(`${name}-settings`);
}

function withOptions({ definitions, properties = {}, ...schema }: SchemaNode, plugins: readonly KnownPlugin[]): SchemaNode {
  const { plugins: section = {} } = properties;
  const { properties: keys = {}, ...entry } = section.additionalProperties as SchemaNode;
  const names = plugins.flatMap(({ uses, meta }) => uses.map((use) => ({ enum: [use], description: meta.description })));
  const use = nullable({ ...keys["use"], type: undefined, anyOf: [...names, { type: "string", minLength: 1 }] });
  const byUse = plugins.filter(({ uses }) => uses.length > 0).map((plugin) => when("use", plugin.uses, { options: optionsOf(plugin) }));
  const ids = Object.fromEntries(plugins.flatMap((plugin) => plugin.ids.map((id) => [id, { allOf: [definition("entry"), whenInherited(plugin)] }])));
  return {
    ...schema,
    definitions: {
      ...(definitions as object),
      [REFERENCE]: REFERENCE_SCHEMA,
      ...Object.fromEntries(plugins.map(({ meta }) => [meta.name, pluginOptions(meta.options)])),
      entry: { ...entry, properties: { ...keys, use: withoutUndefined(use) }, allOf: byUse },
    },
    properties: {
      ...properties,
      plugins: {
        ...section,
        properties: eachOf(ids, (one) => ({ description: entry.description ?? "", ...one })),
        additionalProperties: definition("entry"),
      },
    },
  };
}

function optionsOf({ meta }: KnownPlugin): SchemaNode {
  return definition(meta.name);
}

/** An entry without `use` is the one that it inherits from. */
function whenInherited(plugin: KnownPlugin): SchemaNode {
  return {
    if: { type: "object", not: { required: ["use"] } },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own keyword
    then: { properties: { options: optionsOf(plugin) } },
  };
}

function when(key: string, values: readonly string[], properties: Readonly<Record<string, SchemaNode>>): SchemaNode {
  const [only, ...others] = values;
  return {
    if: { required: [key], properties: { [key]: others.length === 0 ? { const: only } : { enum: values } } },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's own keyword
    then: { properties },
  };
}

function withoutUndefined(schema: SchemaNode): SchemaNode {
  return Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
}
