/**
 * Adds to package-lock.json the optional packages of other platforms that the registry could not serve when the lock file was written.
 * npm leaves them out, and `npm ci` then refuses the file as out of sync. Run it after `npm install`; a boundary test says when.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, ScriptError } from "./process.mjs";

const OS = {
  android: "android",
  darwin: "darwin",
  mac: "darwin",
  linux: "linux",
  win32: "win32",
  win: "win32",
  freebsd: "freebsd",
  openharmony: "openharmony",
};
const CPU = ["arm64", "x64", "arm", "ppc64", "riscv64", "s390x", "ia32"];
const LIBC = { musl: "musl", musleabihf: "musl", gnu: "glibc", gnueabihf: "glibc" };

const file = join(root, "package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8"));
const missing = missingOptional(lock.packages);
for (const { name, version, dev } of missing) lock.packages[`node_modules/${name}`] = entry(name, version, dev);
const inNpmOrder = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, "en"));
writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(inNpmOrder) }, null, 2)}\n`);
console.log(missing.length === 0 ? "The lock file is complete." : `Added ${missing.map(({ name }) => name).join(", ")}.`);

function missingOptional(packages) {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {}, dev }]) =>
    Object.entries(optionalDependencies)
      .filter(([name]) => !foldersAbove(path).some((folder) => `${folder}node_modules/${name}` in packages))
      .map(([name, version]) => ({ name, version, dev })),
  );
}

/** Where Node looks for a package's dependencies: below itself, then below each package it lies in, then at the root. */
function foldersAbove(path) {
  const folders = path.split("/node_modules/").map((_, index, parts) => `${parts.slice(0, index + 1).join("/node_modules/")}/`);
  return ["", ...folders];
}

/** Platform packages say in their names where they run. */
function entry(name, version, dev) {
  const words = name.split("/").at(-1).split("-");
  const os = words.map((word) => OS[word]).find(Boolean);
  const cpu = words.find((word) => CPU.includes(word));
  const libc = words.map((word) => LIBC[word]).find(Boolean);
  if (os === undefined || cpu === undefined || !/^\d/.test(version)) throw new ScriptError(`${name}@${version}: not one version for one platform`);
  return { version, cpu: [cpu], ...(dev ? { dev } : {}), ...(os === "linux" && libc ? { libc: [libc] } : {}), optional: true, os: [os] };
}
