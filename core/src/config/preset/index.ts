/** Presets: from files to a checked, merged configuration in which every value knows who set it. */
export { type Path, pathText, placeText } from "../../messages/place.ts";
export { presetFile } from "./locate.ts";
export type { Place } from "./located.ts";
export { type Looking, type PluginEntry, type ResolvedPreset, type ResolveOptions, resolveInCode, resolvePreset } from "./resolve.ts";
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
export type { AbsentValue } from "./secrets.ts";
export type { PlacedSetting } from "./set.ts";
