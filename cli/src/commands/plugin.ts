/** `plugin list|info|test`: which plugins are installed here, what one of them can be told (its options, the settings of its stages), and whether it conforms. */
import {
  type DescribedStage,
  deprecations,
  describedValues,
  describePlugin,
  installedPackages,
  loadPlugin,
  messageOf,
  type OptionsSchema,
  standaloneEntry,
} from "@autotraj/core";
import { spoken } from "@autotraj/inventory";
import { paragraph } from "../display/lines.ts";
import { table } from "../display/table.ts";
import { print, printJson } from "../display/terminal.ts";
import { command, usage } from "../options.ts";
import { TEST_OPTIONS, testPlugin } from "./plugin-test.ts";

const NOTHING = "No plugin is installed here. `npm install @autotraj/preset-quickstart` brings a preset with all that it uses.";

export const pluginCommand = command({
  command: "plugin <action> [plugin]",
  describe: "List the installed plugins, show what one of them can be told, or test whether it conforms",
  answers: [
    {
      when: "list",
      isList: true,
      fields: {
        package: "its name",
        version: "null where it cannot be loaded",
        kind: "the same",
        description: "the same",
        deprecated: "what is to be used instead",
        problem: "why it cannot be loaded",
      },
    },
    {
      when: "info",
      fields: {
        name: "the package's",
        apiVersion: "of the contract",
        kind: "scorer, tool, …",
        description: "in words",
        options: "JSON Schema",
        version: "the package's",
        stages: "those it offers or trains, with their settings",
        problem: "why these are not known",
      },
      others: "what else its meta says: supports, requires, deprecated, …",
    },
    {
      when: "test",
      fields: {
        ok: "no check failed, and one passed",
        plugin: "its name",
        kind: "null where it says none",
        results: "name, group, outcome, reason",
        notes: "in words",
      },
      others: "version, of a package",
    },
  ],
  builder: (args) =>
    args
      .positional("action", { choices: ["list", "info", "test"] as const, demandOption: true, describe: "What to do" })
      .positional("plugin", {
        type: "string",
        describe: "A plugin: scorer-answer, a package's whole name, or a file; for test also a package's folder",
      })
      .options(TEST_OPTIONS),
  async handler(args) {
    if (args.action === "info") {
      if (args.plugin !== undefined) return info(args.plugin, args.json);
      throw usage("plugin info", "no plugin is named.", "`autotraj plugin list` shows the installed ones.");
    }
    if (args.action === "test") {
      if (args.plugin !== undefined) return testPlugin(args.plugin, args);
      throw usage("plugin test", "no plugin is named.", "Name a file, a folder or a package: `autotraj plugin test ./index.js`.");
    }
    const rows = await Promise.all((await installedPackages("autotraj-plugin")).map(({ name }) => describe(name)));
    if (args.json) printJson(rows);
    else print(listOf(rows));
  },
});

function listOf(rows: readonly Described[]): string {
  if (rows.length === 0) return NOTHING;
  const said = ({ description, deprecated, problem }: Described) =>
    problem !== null ? `cannot be loaded: ${problem}` : deprecated === null ? String(description) : `${description}. ${deprecated}`;
  const names = spoken(rows.map((row) => row.package));
  return table(["plugin", "version", "what it does"], rows.map((row, index) => [names[index] ?? row.package, row.version ?? "–", said(row)])); // biome-ignore format: one thing
}

async function info(use: string, json: boolean): Promise<void> {
  const { meta, version, stages, problem } = await describePlugin(use, process.cwd());
  if (json) {
    printJson({ ...meta, version, stages, problem });
    return;
  }
  const supports = Object.entries(meta.supports ?? {}).map(([what, does]) => `${does ? "" : "not "}${what}`);
  const about = [
    `${meta.name} ${version} (${meta.kind})`,
    paragraph(meta.description, 0),
    ...deprecations([{ packageName: meta.name, plugin: { meta } }]),
    ...(supports.length > 0 ? [`supports: ${supports.join(", ")}`] : []),
  ];
  print(
    [
      about.join("\n"),
      values("option", meta.options),
      ...stages.flatMap((stage) => [headOf(stage, meta.kind), values("setting", stage.settings)]),
      ...(problem === undefined ? [] : [`The settings of its stages cannot be shown: ${problem}`]),
    ].join("\n\n"),
  );
}

function headOf({ name, trains }: DescribedStage, kind: string): string {
  if (kind === "trainer") return `stages.${name}, beside the stage's own settings:`;
  return trains === undefined ? `stages.${name}:` : `stages.${name}, beside the settings of its trainer:`;
}

function values(what: string, schema: OptionsSchema): string {
  const rows = describedValues(schema).map(({ name, type, default: preset, isRequired, description }) => {
    const value = isRequired ? " (required)" : preset === undefined ? "" : ` (default ${JSON.stringify(preset)})`;
    return `${paragraph(`${name}: ${type}${value}`, 2)}\n${paragraph(description, 6)}`;
  });
  return rows.length === 0 ? `It has no ${what}s.` : [`${what}s`, ...rows].join("\n");
}

interface Described {
  readonly package: string;
  readonly version: string | null;
  readonly kind: string | null;
  readonly description: string | null;
  /** In words. */
  readonly deprecated: string | null;
  /** Why it cannot be loaded, and nothing else is known of it; else null. */
  readonly problem: string | null;
}

async function describe(name: string): Promise<Described> {
  try {
    const loaded = await loadPlugin(standaloneEntry(name, process.cwd()));
    const { kind, description } = loaded.plugin.meta;
    const [deprecated = null] = deprecations([loaded]);
    return { package: name, version: loaded.version, kind, description, deprecated, problem: null };
  } catch (error) {
    const problem = messageOf(error).split("\n")[0] ?? "";
    return { package: name, version: null, kind: null, description: null, deprecated: null, problem };
  }
}
