/** `plugin list|info`: which plugins are installed here, and what one of them can be told: its options, and the settings of the stages that it does. */
import {
  type DescribedStage,
  deprecations,
  describedValues,
  describePlugin,
  installedPlugins,
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

async function info(use: string, json: boolean): Promise<void> {
  const { meta, version, stages, problem } = await describePlugin(use, process.cwd());
  if (json) {
    printJson({ ...meta, version, stages, problem });
    return;
  }
  const supports = Object.entries(meta.supports ?? {}).map(([what, does]) => `${does ? "" : "not "}${what}`);
  const about = [
    `${meta.name} ${version} (${meta.kind})`,
    meta.description,
    ...deprecations([{ packageName: meta.name, plugin: { meta } }]),
    ...(supports.length > 0 ? [`supports: ${supports.join(", ")}`] : []),
  ];
  print(
    [
      about.join("\n"),
      valueTable("option", meta.options),
      ...stages.flatMap((stage) => [headOf(stage, meta.kind), valueTable("setting", stage.settings)]),
      ...(problem === undefined ? [] : [`The settings of its stages cannot be shown: ${problem}`]),
    ].join("\n\n"),
  );
}

function headOf({ name, trains }: DescribedStage, kind: string): string {
  if (kind === "trainer") return `stages.${name}, beside the stage's own settings:`;
  return trains === undefined ? `stages.${name}:` : `stages.${name}, beside the settings of its trainer:`;
}

function valueTable(what: string, schema: OptionsSchema): string {
  const rows = describedValues(schema).map(({ name, type, default: preset, isRequired, description }) => [
    name,
    type,
    isRequired ? "(required)" : (JSON.stringify(preset) ?? ""),
    description,
  ]);
  return rows.length === 0 ? `It has no ${what}s.` : table([what, "type", "default", "what it is"], rows);
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
    const loaded = await loadPlugin(standaloneEntry(name, process.cwd()));
    const { kind, description } = loaded.plugin.meta;
    const [deprecated] = deprecations([loaded]);
    return { package: name, version: loaded.version, kind, description, ...(deprecated === undefined ? {} : { deprecated }) };
  } catch (error) {
    return { package: name, version: "", kind: "(broken)", description: messageOf(error).split("\n")[0] ?? "" };
  }
}
