/** The JSON Schema of presets with the options and settings of plugins in it. */
export { closedSchema, type KnownPlugin, openSchema } from "./editor-schema.ts";
export { type KnownPluginsOptions, knownPlugins } from "./known-plugins.ts";
export type { SchemaNode } from "./schema-node.ts";
