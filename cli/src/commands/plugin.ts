/** `plugin list|info`: which plugins are installed here, and what one of them can be told: its options, and the settings of the stages that it does. */
import {
  type DescribedStage,
  deprecations,
  describeStages,
  installedPlugins,
  type JsonObject,
  type LoadedPlugin,
  loadPlugin,
  messageOf,
  type OptionsSchema,
  standaloneEntry,
} from "@autotraj/core";
import { table } from "../display/table.ts";
import { print, printJson } from "../display/terminal.ts";
import { command, usage } from "../options.ts";

export const pluginCommand = command({
  command: "plugin <action> [package]",
  describe: "List the installed plugins, or show one plugin's options and settings",
  builder: (args) =>
    args
      .positional("action", { choices: ["list", "info"] as const, demandOption: true, describe: "What to do" })
      .positional("package", { type: "string", describe: "A plugin package or file" }),
  async handler(args) {
    if (args.action === "info") {
      if (args.package !== undefined) return info(args.package, args.json);
      throw usage("plugin info", "no package is named.", "`autotraj plugin list` shows the installed ones.");
    }
    const rows = await Promise.all((await installedPlugins()).map(describe));
    if (args.json) printJson(rows);
    else
      print(
        table(
          ["package", "version", "kind", "what it does"],
          rows.map((row) => [
            row.package,
            row.version,
            row.kind,
            row.deprecated === undefined ? row.description : `${row.description}. ${row.deprecated}`,
          ]),
        ),
      );
  },
});

async function info(name: string, json: boolean): Promise<void> {
  const loaded = await load(name);
  const { meta } = loaded.plugin;
  const { stages, problem } = await stagesIn(loaded);
  if (json) {
    printJson({ ...meta, version: loaded.version, stages, ...(problem === undefined ? {} : { problem }) });
    return;
  }
  const supports = Object.entries(meta.supports ?? {}).map(([what, does]) => `${does ? "" : "not "}${what}`);
  const about = [
    `${meta.name} ${loaded.version} (${meta.kind})`,
    meta.description,
    ...deprecations([loaded]),
    ...(supports.length > 0 ? [`supports: ${supports.join(", ")}`] : []),
  ];
  print(
    [
      about.join("\n"),
      settingTable("option", meta.options) ?? "It has no options.",
      ...(stages ?? []).map((stage) => `${headOf(stage, meta.kind)}\n\n${settingTable("setting", stage.settings) ?? "It has no settings."}`),
      ...(problem === undefined ? [] : [`The settings of its stages cannot be shown: ${problem}`]),
    ].join("\n\n"),
  );
}

/** A plugin that cannot be set up without options has some to show all the same. */
async function stagesIn(loaded: LoadedPlugin): Promise<{ readonly stages: readonly DescribedStage[] | null; readonly problem?: string }> {
  try {
    return { stages: await describeStages(loaded) };
  } catch (error) {
    return { stages: null, problem: messageOf(error) };
  }
}

function headOf({ name, trains }: DescribedStage, kind: string): string {
  if (kind === "trainer") return `stages.${name}, beside the stage's own settings:`;
  return trains === undefined ? `stages.${name}:` : `stages.${name}, beside the settings of its trainer:`;
}

function settingTable(what: string, schema: OptionsSchema): string | undefined {
  const rows = rowsOf(schema);
  return rows.length === 0 ? undefined : table([what, "type", "default", "what it is"], rows);
}

/** Those of an object come under its name, joined by a dot. */
function rowsOf({ properties = {}, required = [] }: Partial<OptionsSchema>, prefix = ""): readonly (readonly string[])[] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const preset = required.includes(name) ? "(required)" : (JSON.stringify(schema["default"]) ?? "");
    const row = [`${prefix}${name}`, typeOf(schema), preset, String(schema["description"] ?? "")];
    return [row, ...rowsOf(schema as Partial<OptionsSchema>, `${prefix}${name}.`)];
  });
}

interface Described {
  readonly package: string;
  readonly version: string;
  readonly kind: string;
  readonly description: string;
  /** In words. */
  readonly deprecated?: string;
}

async function describe(name: string): Promise<Described> {
  try {
    const loaded = await load(name);
    const { kind, description } = loaded.plugin.meta;
    const [deprecated] = deprecations([loaded]);
    return { package: name, version: loaded.version, kind, description, ...(deprecated === undefined ? {} : { deprecated }) };
  } catch (error) {
    return { package: name, version: "", kind: "(broken)", description: messageOf(error).split("\n")[0] ?? "" };
  }
}

function load(name: string): Promise<LoadedPlugin> {
  return loadPlugin(standaloneEntry(name, process.cwd()));
}

function typeOf(schema: JsonObject): string {
  const choices = schema["enum"];
  if (Array.isArray(choices)) return choices.map(String).join(" | ");
  return String(schema["type"] ?? "");
}
