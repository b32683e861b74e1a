/** Bundles the viewer's web app into files that its server sends: `dist/web` of its package, shipped with it, never committed. */
import { cpSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { main, root } from "./process.mjs";

const PACKAGE = join(root, "plugins/servers/view");
const TARGET = join(PACKAGE, "dist/web");
const BROWSERS = ["chrome120", "firefox121", "safari17"];

/** Does nothing where no source, and no version of a library, is newer than what is there. */
export async function bundleWeb() {
  if (isUpToDate()) return;
  const { build } = await import("esbuild");
  // Parts are named by their content: those of before would stay.
  rmSync(TARGET, { recursive: true, force: true });
  mkdirSync(TARGET, { recursive: true });
  await build({
    entryPoints: { app: join(PACKAGE, "web/src/main.tsx") },
    outdir: join(TARGET, "assets"),
    absWorkingDir: root,
    bundle: true,
    splitting: true,
    chunkNames: "[name]-[hash]",
    minify: true,
    format: "esm",
    target: BROWSERS,
    jsx: "automatic",
    alias: { react: folderOf("react"), "react-dom": folderOf("react-dom") },
    define: { "process.env.NODE_ENV": '"production"' },
    legalComments: "linked",
    logLevel: "warning",
  });
  // Last: it says that all is there.
  cpSync(join(PACKAGE, "web/index.html"), join(TARGET, "index.html"));
}

/** Its own React, for its libraries too: what stands at the root may be another's. Two of them do not work together. */
function folderOf(name) {
  return dirname(createRequire(join(PACKAGE, "package.json")).resolve(`${name}/package.json`));
}

function isUpToDate() {
  const made = join(TARGET, "index.html");
  if (!existsSync(made)) return false;
  // Not globSync: setup runs this under Node 20.
  const app = readdirSync(join(PACKAGE, "web/src"), { recursive: true }).map((file) => join("web/src", String(file)));
  const sources = [...app, "web/index.html", "src/api.ts", "src/learning-api.ts", "package.json"].map((file) => join(PACKAGE, file));
  const newest = Math.max(...[...sources, import.meta.filename].map((file) => statSync(file).mtimeMs));
  return statSync(made).mtimeMs >= newest;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main(() => bundleWeb().then(() => 0));
