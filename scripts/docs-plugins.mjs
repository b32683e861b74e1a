/** The pages of docs/plugins, from what the plugins say about themselves. */

import { cell, code, generated, lines, typeCell } from "./docs-text.mjs";

const GENERATED = generated("what the plugin says of itself");

/** @param plugins all there are, each with the stages that it offers or trains. @param describedValues the core's */
export function pluginPage({ folder, meta, stages }, plugins, describedValues) {
  const settingTable = (what, schema) => valueTable(what, describedValues(schema));
  return lines([
    GENERATED,
    `# ${meta.name}`,
    "",
    meta.description,
    "",
    `| kind | contract | source | provides | requires |`,
    `|---|---|---|---|---|`,
    `| ${meta.kind} | ${meta.apiVersion} | [${folder}](../../${folder}/README.md) | ${tokens(meta.provides)} | ${tokens(meta.requires)} |`,
    "",
    ...deprecation(meta.deprecated),
    "## Options",
    "",
    ...settingTable("option", meta.options),
    "",
    ...stages.flatMap((stage) => [
      `## Settings of stage ${stage.name}`,
      "",
      ...beside(stage, meta.kind, plugins),
      ...settingTable("setting", stage.settings),
      "",
    ]),
    ...supports(meta.supports),
  ]);
}

/** Whose settings stand beside these below `stages.<name>`. */
function beside({ name, trains }, kind, plugins) {
  const linked = (others) => others.map(({ meta }) => `[${meta.name}](${pageOf(meta)})`).join(", ");
  const of = (kind) => plugins.filter(({ meta, stages }) => meta.kind === kind && stages.some((stage) => stage.name === (trains ?? name)));
  if (kind === "trainer") return [`They stand beside the stage's own: ${linked(of("stage"))}.`, ""];
  if (trains === undefined) return [];
  return [`Those of its trainer stand beside them: ${linked(of("trainer"))}.`, ""];
}

export function pluginIndex(plugins) {
  const byKind = Map.groupBy(plugins, ({ folder }) => folder.split("/")[1]);
  const sections = [...byKind].map(([kind, members]) => [
    `## ${kind}`,
    "",
    "| plugin | what it is |",
    "|---|---|",
    ...members.map(({ meta }) => `| [${meta.name}](${pageOf(meta)}) | ${cell(meta.description)} |`),
    "",
  ]);
  return lines([GENERATED, "# Plugins", "", "One page per plugin, in the folders they live in.", "", ...sections.flat()]);
}

/** The package's name without its scope. */
function pageOf({ name }) {
  return `${name.split("/").at(-1)}.md`;
}

function valueTable(what, values) {
  const rows = values.map(({ name, type, default: preset, isRequired, description }) => {
    const given = preset === undefined ? (isRequired ? "**required**" : "") : code(JSON.stringify(preset));
    return `| \`${name}\` | ${typeCell(type)} | ${given} | ${cell(description)} |`;
  });
  return rows.length === 0 ? ["None."] : [`| ${what} | type | default | meaning |`, "|---|---|---|---|", ...rows];
}

function tokens(list = []) {
  return list.map(({ name }) => name).join(", ") || "–";
}

function supports(manifest) {
  if (manifest === undefined) return [];
  return ["## Supports", "", "| | |", "|---|---|", ...Object.entries(manifest).map(([what, yes]) => `| ${what} | ${yes ? "yes" : "no"} |`), ""];
}

function deprecation(deprecated) {
  if (deprecated === undefined) return [];
  const instead = deprecated.replacedBy === undefined ? "" : ` Use ${deprecated.replacedBy} instead.`;
  return [`**Deprecated since ${deprecated.since}.**${instead}`, ""];
}
