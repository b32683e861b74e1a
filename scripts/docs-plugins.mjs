/** The pages of docs/plugins, from what the plugins say about themselves. */

const GENERATED = "<!-- Written by `npm run docs` from the plugin's meta: change it there. -->";

export function pluginPage(folder, meta) {
  const rows = optionRows(meta.options);
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
    ...(rows.length === 0 ? ["None."] : ["| option | type | default | meaning |", "|---|---|---|---|", ...rows]),
    "",
    ...supports(meta.supports),
  ]);
}

export function pluginIndex(plugins) {
  const byKind = Map.groupBy(plugins, ({ folder }) => folder.split("/")[1]);
  const sections = [...byKind].map(([kind, members]) => [
    `## ${kind}`,
    "",
    "| plugin | what it is |",
    "|---|---|",
    ...members.map(({ meta }) => `| [${meta.name}](${meta.name.split("/").at(-1)}.md) | ${cell(meta.description)} |`),
    "",
  ]);
  return lines([GENERATED, "# Plugins", "", "One page per plugin, in the folders they live in.", "", ...sections.flat()]);
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
