/**
 * What `npm pack` puts into this package beside its own files: node-llama-cpp with the packages it runs with, as the lock file has them. Who depends on
 * node-llama-cpp itself is sent all its binaries for GPUs, which nothing here uses (docs/adr/0006); the CPU's are this package's own optional dependencies.
 */
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const LIBRARY = "node_modules/node-llama-cpp";
/** What it needs to compile llama.cpp, and for its command line. */
const NOT_NEEDED = ["cmake-js", "node-addon-api", "yargs"];
/** llama.cpp's sources, for compiling them, and maps of sources that are not there. */
const LEFT_OUT = /^gitRelease\.bundle$|\.map$/;

const here = import.meta.dirname;
const root = join(here, "../../..");
const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));

rmSync(join(here, "node_modules"), { recursive: true, force: true });
if (process.argv[2] === "make") {
  for (const path of closure(LIBRARY)) copy(path);
  trim(join(here, LIBRARY, "package.json"));
}

/** Folders of a package and of all that it depends on, in node_modules of the root. */
function closure(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const name of Object.keys(packages[path].dependencies ?? {})) if (!NOT_NEEDED.includes(name)) closure(placeOf(name, path), found);
  return found;
}

/** Where Node finds a package's dependency. */
function placeOf(name, path) {
  const place = join(path, "node_modules", name);
  if (place in packages) return place;
  if (path === ".") throw new Error(`${name} is not in the lock file.`);
  return placeOf(name, dirname(path));
}

/** Without the packages inside it, which are copied by themselves. */
function copy(path) {
  const from = join(root, path);
  cpSync(from, join(here, path), { recursive: true, filter: (file) => file !== join(from, "node_modules") && !LEFT_OUT.test(basename(file)) });
}

/** Its package.json, less what is left out and the script that compiles llama.cpp where there is no binary. */
function trim(file) {
  const {
    dependencies,
    optionalDependencies: _binaries,
    devDependencies: _dev,
    scripts: _scripts,
    ...manifest
  } = JSON.parse(readFileSync(file, "utf8"));
  const needed = Object.fromEntries(Object.entries(dependencies).filter(([name]) => !NOT_NEEDED.includes(name)));
  writeFileSync(file, `${JSON.stringify({ ...manifest, dependencies: needed }, null, 2)}\n`);
}
