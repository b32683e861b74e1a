/** `plugin list|info`: which plugins are installed here, and what one of them can be told. */
import { installedPlugins, type JsonObject, type LoadedPlugin, loadPlugin, messageOf, standaloneEntry } from "@autotraj/core";
import { table } from "../display/table.ts";
import { print, printJson } from "../display/terminal.ts";
import { command, usage } from "../options.ts";

export const pluginCommand = command({
  command: "plugin <action> [package]",
  describe: "List the installed plugins, or show one plugin's options",
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
          rows.map((row) => [row.package, row.version, row.kind, row.description]),
        ),
      );
  },
});

async function info(name: string, json: boolean): Promise<void> {
  const { plugin, version } = await load(name);
  const { meta } = plugin;
  if (json) {
    printJson({ ...meta, version });
    return;
  }
  const required = new Set(meta.options.required ?? []);
  const rows = Object.entries(meta.options.properties).map(([option, schema]) => [
    option,
    typeOf(schema),
    required.has(option) ? "(required)" : JSON.stringify(schema["default"] ?? null),
    String(schema["description"] ?? ""),
  ]);
  const supports = Object.entries(meta.supports ?? {}).map(([what, does]) => `${does ? "" : "not "}${what}`);
  print(
    `${meta.name} ${version} (${meta.kind})\n${meta.description}\n${supports.length > 0 ? `supports: ${supports.join(", ")}\n` : ""}\n${
      rows.length === 0 ? "It has no options." : table(["option", "type", "default", "what it is"], rows)
    }`,
  );
}

async function describe(name: string): Promise<{ package: string; version: string; kind: string; description: string }> {
  try {
    const { plugin, version } = await load(name);
    return { package: name, version, kind: plugin.meta.kind, description: plugin.meta.description };
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
