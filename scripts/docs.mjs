/**
 * `npm run docs`: writes docs/plugins/ from the plugins' own meta and docs/errors.md from the table of error codes.
 * `-- --check` writes nothing and fails where a page is not what would be written.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { errorsPage } from "./docs-errors.mjs";
import { pluginIndex, pluginPage } from "./docs-plugins.mjs";
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
  const pages = { ...(await errorPages()), ...(await pluginPages(warn)) };
  const stale = check ? stalePages(pages) : writePages(pages);
  if (!check) console.log(stale.length === 0 ? "The pages are up to date." : `Wrote ${stale.join(", ")}.`);
  else if (stale.length > 0) console.error(`Not what \`npm run docs\` writes: ${stale.join(", ")}`);
  return check && (stale.length > 0 || broken.length > 0) ? 1 : 0;
});

async function errorPages() {
  const { ERROR_CODES } = await import(pathToFileURL(join(root, "core/dist/errors.js")).href);
  const path = "docs/errors.md";
  const old = existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8") : "";
  return { [path]: errorsPage(ERROR_CODES, old) };
}

async function pluginPages(warn) {
  const loaded = [];
  const pages = {};
  for (const folder of pluginFolders()) {
    try {
      const { default: plugin } = await import(pathToFileURL(join(root, folder, "dist/index.js")).href);
      loaded.push({ folder, meta: plugin.meta });
    } catch (error) {
      warn(`${folder}: no page, since it cannot be imported (${error.message.split("\n")[0]})`);
      // Not written now, but not unknown either: the page it may have stays.
      pages[pagePath(folder)] = undefined;
    }
  }
  for (const { folder, meta } of loaded) pages[pagePath(folder)] = pluginPage(folder, meta);
  pages["docs/plugins/README.md"] = pluginIndex(loaded);
  return pages;
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
  mkdirSync(join(root, "docs/plugins"), { recursive: true });
  for (const path of stale) {
    if (path in pages) writeFileSync(join(root, path), pages[path]);
    else rmSync(join(root, path));
  }
  return stale;
}

/** Pages of plugins that are gone. */
function leftOver(pages) {
  const folder = join(root, "docs/plugins");
  const there = existsSync(folder) ? readdirSync(folder).map((file) => `docs/plugins/${file}`) : [];
  return there.filter((path) => !(path in pages));
}
