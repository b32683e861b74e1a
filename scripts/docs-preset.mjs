/** docs/reference/preset.md: the keys of a preset, from the kernel's schema. */
import { cell, code, generated, lines, typeCell } from "./docs-text.mjs";

/** How a value is laid over that of an extended preset, by what it is. */
const RULES = {
  "of this file": "It says something of this file alone: nothing is passed on.",
  replaced: "A number, a text or a list takes the place of the one below; an item cannot be added to a list.",
  merged: "Key by key, those below stay where nothing is said.",
  named: "Key by key, in the order of first appearance. `false` in place of one removes it.",
  "options of one plugin": "Key by key where `use` is the same; options of another `use` begin empty.",
};
const OF_FILE = ["$schema", "extends", "name", "description"];
const NAMED = ["plugins", "stages", "ablations"];

/** @param schema the kernel's PRESET_SCHEMA. @param describedValues the core's */
export function presetPage(schema, describedValues) {
  const [own, sections] = [[], []];
  for (const [key, one] of Object.entries(schema.properties)) (one.type === "object" ? sections : own).push([key, one]);
  return lines([
    generated("the schema of presets (core/src/config/preset/schema.ts)"),
    "# Keys of a preset",
    "",
    "[Presets](../guide/presets.md) says how presets build on each other; [plugins](../plugins/README.md) lists what `options` and the settings of stages may hold. In a run all of it is checked before anything is spent.",
    "",
    "## How a key is merged",
    "",
    "| merged | what it means |",
    "|---|---|",
    ...Object.entries(RULES).map(([rule, meaning]) => `| ${rule} | ${meaning} |`),
    "",
    "`null` in place of any value takes back what extended presets say; in `options` it is a value where the plugin's schema takes it as one, and in an ablation's `settings` it takes back what the stage says.",
    "",
    "## The file itself",
    "",
    ...table(describedValues({ properties: Object.fromEntries(own) }), ruleOf),
    ...sections.flatMap(([key, one]) => section(key, one, describedValues)),
  ]);
}

function section(key, schema, describedValues) {
  return [
    `## ${key}`,
    "",
    schema.description,
    "",
    ...(NAMED.includes(key) ? named(key, schema, describedValues) : settings(key, schema, describedValues)),
  ];
}

function settings(key, schema, describedValues) {
  const lists = Object.entries(schema.properties).filter(([, { items }]) => items?.properties !== undefined);
  return [
    ...table(describedValues(schema, `${key}.`), ruleOf),
    ...lists.flatMap(([name, { items }]) => [`Each item of \`${key}.${name}\`:`, "", ...table(describedValues(items), () => "with its item")]),
  ];
}

/** A section of things with names: those that are known, and what is said of any. */
function named(key, { properties = {}, additionalProperties }, describedValues) {
  const known = Object.entries(properties).map(([name, { description }]) => `| \`${key}.${name}\` | ${cell(description)} |`);
  const entry = Object.fromEntries(
    Object.entries(additionalProperties.properties ?? {}).map(([name, one]) => [name, { ...one, default: undefined }]),
  );
  return [
    ...(known.length === 0 ? [] : ["| entry | meaning |", "|---|---|", ...known, ""]),
    ...table(describedValues({ ...additionalProperties, properties: entry }, `${key}.NAME.`), (name) => ruleOf(name, "named")),
  ];
}

/** @param name the key path, of which the last part is the key's name */
function ruleOf(name, within) {
  if (OF_FILE.includes(name)) return "of this file";
  if (/^plugins\.NAME\.options$/.test(name)) return "options of one plugin";
  if (within === "named") return name.endsWith(".settings") ? "merged" : "replaced";
  return name === "reward.weights" ? "merged" : "replaced";
}

function table(values, rule) {
  const rows = values.map(({ name, type, default: preset, isRequired, description }) => {
    const given = preset === undefined ? (isRequired ? "**required**" : "") : code(JSON.stringify(preset));
    return `| ${code(name)} | ${typeCell(type)} | ${given} | ${rule(name)} | ${cell(description)} |`;
  });
  return ["| key | type | default | merged | meaning |", "|---|---|---|---|---|", ...rows, ""];
}
