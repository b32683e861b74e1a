/** Presets: from files to a checked, merged configuration in which every value knows who set it. */
export { explainPreset } from "./explain.ts";
export { type Place, placeText } from "./located.ts";
export { type PluginEntry, type ResolvedPreset, type ResolveOptions, resolveInCode, resolvePreset } from "./resolve.ts";
export {
  type Ablation,
  DETECT,
  definePreset,
  PRESET_SCHEMA,
  type Preset,
  type PresetInput,
  type RolloutSettings,
  type RunSettings,
  type StageSettings,
} from "./schema.ts";
