/** First files for other people: a preset with data to try, or a plugin's whole package. */
export { askForPlugin, askForPreset, type PluginChoice, type Terminal } from "./ask.ts";
export { LANGUAGES, type Language, type NewPlugin, PLUGIN_TEMPLATES, type PluginTemplate, type WrittenPlugin, writePlugin } from "./plugin.ts";
export { type NewPreset, type WrittenPreset, writePreset } from "./preset.ts";
export { STARTS, type Start, type StartName } from "./starts.ts";
