/** The pages of docs/plugins, from what the plugins say about themselves. */

const GENERATED = "<!-- Written by `npm run docs` from what the plugin says of itself: change it there. -->";

/** @param plugins all there are, each with the stages that it offers or trains */
export function pluginPage({ folder, meta, stages }, plugins) {
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

function settingTable(what, schema) {
  const rows = optionRows(schema);
  return rows.length === 0 ? ["None."] : [`| ${what} | type | default | meaning |`, "|---|---|---|---|", ...rows];
}

/** One row per option; those of an object come under its name, joined by a dot. */
function optionRows({ properties = {}, required = [] }, prefix = "") {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    const preset = schema.default === undefined ? (required.includes(name) ? "**required**" : "") : code(JSON.stringify(schema.default));
    const row = `| \`${path}\` | ${typeOf(schema)} | ${preset} | ${cell(schema.description ?? "")} |`;
    return [row, ...optionRows(schema, `${path}.`)];
  });
}

function typeOf(schema) {
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(JSON.stringify(value))).join(", ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type === "object" && typeof schema.additionalProperties === "object") return `names to ${typeOf(schema.additionalProperties)}`;
  return [[schema.type ?? "anything"].flat().join(" or "), bounds(schema)].filter(Boolean).join(", ");
}

function bounds({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }) {
  const parts = [
    [minimum, "≥"],
    [exclusiveMinimum, ">"],
    [maximum, "≤"],
    [exclusiveMaximum, "<"],
  ];
  return parts
    .filter(([value]) => value !== undefined)
    .map(([value, sign]) => `${sign} ${value}`)
    .join(", ");
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

function code(text) {
  const fence = text.includes("`") ? "``" : "`";
  return cell(`${fence}${text}${fence}`);
}

/** Text that stays inside its table cell. */
function cell(text) {
  return text
    .replaceAll("|", "\\|")
    .replace(/\s+/g, " ")
    .replace(/<(?=[a-z/])/gi, "&lt;");
}

function lines(list) {
  return `${list.join("\n").trimEnd()}\n`;
}
