/**
 * `npm run docs`: writes docs/plugins/, docs/reference/ and the schemas of core/schema/ from what plugins, commands and the kernel say of themselves, and
 * docs/errors.md from the table of error codes, and the JavaScript of plugin templates from their TypeScript.
 * `-- --check` writes nothing and fails where a page is not what would be written.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { commandsPage, declaredCommands } from "./docs-commands.mjs";
import { declaredDimensions, dimensionsPage } from "./docs-dimensions.mjs";
import { EXITS, errorsPage } from "./docs-errors.mjs";
import { pluginIndex, pluginPage } from "./docs-plugins.mjs";
import { presetPage } from "./docs-preset.mjs";
import { rowSchemas, rowsPage } from "./docs-rows.mjs";
import { templatePages } from "./docs-templates.mjs";
import { main, root, run } from "./process.mjs";
import { compile, setUp } from "./setup.mjs";

const check = process.argv.includes("--check");

await main(async () => {
  const node = await setUp({ build: false });
  // The built plugins need the project's Node.
  if (realpathSync(process.execPath) !== realpathSync(node)) return run(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)]);
  const broken = [];
  const warn = (message) => {
    broken.push(message);
    console.error(message);
  };
  // One plugin that does not compile must not stop the pages of the others.
  await compile().catch((error) => warn(error.message));
  const built = (path) => import(pathToFileURL(join(root, path)).href);
  const core = await built("core/dist/index.js");
  const { openSchema } = await built("cli/editor-schema/dist/index.js");
  const kit = await built("test/kit/dist/index.js");
  const pages = {
    ...errorPages(core),
    ...templatePages(),
    ...(await pluginPages({ ...core, openSchema }, warn)),
    ...(await referencePages(core, kit)),
  };
  const stale = check ? stalePages(pages) : writePages(pages);
  if (!check) console.log(stale.length === 0 ? "The pages are up to date." : `Wrote ${stale.join(", ")}.`);
  else if (stale.length > 0) console.error(`Not what \`npm run docs\` writes: ${stale.join(", ")}`);
  return check && (stale.length > 0 || broken.length > 0) ? 1 : 0;
});

function errorPages({ ERROR_CODES }) {
  const path = "docs/errors.md";
  const old = existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "";
  return { [path]: errorsPage(ERROR_CODES, old) };
}

async function referencePages({ describedValues, POLICY, PRESET_SCHEMA, ROLLOUT, TRAJECTORY_SCHEMA }, kit) {
  const schemas = rowSchemas(TRAJECTORY_SCHEMA);
  const scorers = pluginFolders().filter((folder) => folder.startsWith("plugins/scorers/"));
  const loaded = await Promise.all(
    scorers.map(async (folder) => ({ plugin: (await import(pathToFileURL(join(root, folder, "dist/index.js")).href)).default })),
  );
  return {
    "docs/reference/commands.md": commandsPage(await declaredCommands(), [[0, "done"], ...Object.entries(EXITS)]),
    "docs/reference/dimensions.md": dimensionsPage(await declaredDimensions(loaded, kit, { POLICY, ROLLOUT })),
    "docs/reference/preset.md": presetPage(PRESET_SCHEMA, describedValues),
    "docs/reference/rows.md": rowsPage(TRAJECTORY_SCHEMA, schemas),
    "core/schema/packages.json": json(ownPackages()),
    "core/schema/trajectory.schema.json": json(TRAJECTORY_SCHEMA),
    ...Object.fromEntries(Object.entries(schemas).map(([file, schema]) => [`core/schema/${file}`, json(schema)])),
  };
}

async function pluginPages({ describedValues, describePlugin, openSchema }, warn) {
  const loaded = [];
  const pages = {};
  for (const folder of pluginFolders()) {
    try {
      const { problem, ...plugin } = await describePlugin(join(root, folder, "dist/index.js"), root);
      if (problem !== undefined) throw new Error(problem);
      loaded.push({ folder, ...plugin });
    } catch (error) {
      warn(`${folder}: no page, since it cannot be loaded (${error.message.split("\n")[0]})`);
      // Not written now, but not unknown either: the page it may have stays.
      pages[pagePath(folder)] = undefined;
    }
  }
  for (const plugin of loaded) pages[pagePath(plugin.folder)] = pluginPage(plugin, loaded, describedValues);
  pages["docs/plugins/README.md"] = pluginIndex(loaded);
  // A plugin that is missing would be missing in it.
  if (!Object.values(pages).includes(undefined)) pages["core/schema/preset.schema.json"] = json(openSchema(loaded));
  return pages;
}

/** What people may be advised to install: our plugins and presets, with a line on each. */
function ownPackages() {
  const presets = readdirSync(join(root, "presets")).map((name) => `presets/${name}`);
  const manifests = [...pluginFolders(), ...presets].map((folder) => JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")));
  return Object.fromEntries(manifests.map(({ name, description }) => [name, description]).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function json(schema) {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function pluginFolders() {
  const folders = (path) =>
    readdirSync(join(root, path), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${path}/${name}`);
  // Libraries are what plugins share: nothing that a preset could name.
  return folders("plugins")
    .filter((folder) => folder !== "plugins/libraries")
    .flatMap(folders)
    .filter((folder) => existsSync(join(root, folder, "package.json")));
}

/** `plugins/scorers/answer` → `docs/plugins/scorer-answer.md`: the package's name without its scope. */
function pagePath(folder) {
  const { name } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
  return `docs/plugins/${name.split("/").at(-1)}.md`;
}

function stalePages(pages) {
  const changed = Object.entries(pages).filter(
    ([path, text]) => text !== undefined && (!existsSync(join(root, path)) || readFileSync(join(root, path), "utf8") !== text),
  );
  return [...changed.map(([path]) => path), ...leftOver(pages)];
}

function writePages(pages) {
  const stale = stalePages(pages);
  for (const path of stale) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    if (path in pages) writeFileSync(join(root, path), pages[path]);
    else rmSync(join(root, path));
  }
  return stale;
}

/** Pages of what is gone. */
function leftOver(pages) {
  return ["docs/plugins", "docs/reference"].flatMap((folder) => {
    const there = existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((file) => `${folder}/${file}`) : [];
    return there.filter((path) => !(path in pages));
  });
}
