/**
 * Makes a checkout ready to run: packages from the lock file, the project's own Node, compiled sources. Needs Node 20 and npm, nothing else.
 * What is done already is not done again. Everything it says goes to stderr.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { capture, main, root, ScriptError, secondsSince } from "./process.mjs";
import { bundleWeb } from "./web.mjs";

const modules = join(root, "node_modules");
const stampFile = join(modules, ".autotraj-setup.json");
const logFile = join(root, ".autotraj/setup.log");

/** The Node that builds, tests and runs this repository: the npm package `node`, so that everybody runs the same. */
export const projectNode = join(modules, "node/bin", process.platform === "win32" ? "node.exe" : "node");

/**
 * @param {{ build?: boolean }} options `build: false` leaves the sources alone (`npm run check` reports the build as a step of its own)
 * @returns the path of the project's Node
 */
export async function setUp({ build = true } = {}) {
  const packages = await installPackages();
  const node = await fetchNode();
  const compiled = build ? await compile() : undefined;
  console.error(["set up:", [packages, node, compiled].filter(Boolean).join(" · ")].join(" "));
  return projectNode;
}

async function installPackages() {
  const lock = readFileSync(join(root, "package-lock.json"));
  const lockHash = createHash("sha256").update(lock).digest("hex");
  if (existsSync(stampFile) && JSON.parse(readFileSync(stampFile, "utf8")).lockHash === lockHash) return "packages up to date";
  const start = performance.now();
  const installed = isInstalled(JSON.parse(lock.toString()));
  // No install script runs: the one that matters is run by fetchNode, whatever the npm version's policy.
  if (!installed)
    await step("installing packages", ...npm("ci", "--ignore-scripts", "--include=dev", "--include=optional", "--no-audit", "--no-fund"));
  writeFileSync(stampFile, `${JSON.stringify({ lockHash })}\n`);
  return installed ? "packages up to date" : `packages ${secondsSince(start)}`;
}

/** True when npm's own record of what it installed (`npm install` by hand, say) agrees with the lock file. */
function isInstalled(lock) {
  const recordFile = join(modules, ".package-lock.json");
  if (!existsSync(recordFile)) return false;
  const record = JSON.parse(readFileSync(recordFile, "utf8"));
  const wanted = Object.entries(lock.packages).filter(([path]) => path !== "");
  return wanted.every(([path, { version, integrity, optional }]) => {
    const there = record.packages[path];
    // Optional packages of other platforms are in the lock file only.
    return there === undefined ? optional === true : there.version === version && there.integrity === integrity;
  });
}

/** The package `node` gets its binary in an install script, which npm may be told not to run: so it is run here. */
async function fetchNode() {
  const folder = join(modules, "node");
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (existsSync(projectNode)) return `Node ${version}`;
  const start = performance.now();
  await step(`fetching Node ${version}`, lastingNode(), ["installArchSpecificPackage.js"], folder);
  const { output } = await capture(projectNode, ["--version"]);
  if (output.trim() !== `v${version}`)
    throw new ScriptError(`${projectNode} says it is ${output.trim()}, not v${version}. Delete node_modules and try again.`);
  const link = join(modules, ".bin/node");
  if (process.platform !== "win32" && !existsSync(link)) symlinkSync("../node/bin/node", link);
  return `Node ${version} ${secondsSince(start)}`;
}

/** A Node that installing packages does not delete: under `npm run` this script itself may run in the one inside node_modules. */
function lastingNode() {
  const onPath = (process.env.PATH ?? "").split(delimiter).map((folder) => join(folder, basename(process.execPath)));
  const isLasting = (path) => path !== undefined && !path.startsWith(modules) && existsSync(path) && !realpathSync(path).startsWith(modules);
  return [process.env.npm_node_execpath, process.execPath, ...onPath].find(isLasting) ?? process.execPath;
}

/** Compiles what has changed since the last time, the viewer's web app too. @throws ScriptError with the compiler's messages */
export async function compile() {
  const start = performance.now();
  const { code, output } = await capture(projectNode, [join(modules, "typescript/bin/tsc"), "-b"]);
  if (code !== 0) throw new ScriptError(`${output.trimEnd()}\nThe sources do not compile (tsc -b).`);
  await bundleWeb();
  return `build ${secondsSince(start)}`;
}

/** The npm that started this script, else the one on the PATH, as a command and its arguments. */
function npm(...args) {
  const { npm_execpath: cli, npm_node_execpath: node } = process.env;
  // Never the Node inside node_modules: `npm ci` is about to delete it.
  const startedByNpm = cli !== undefined && basename(cli) === "npm-cli.js" && node !== undefined && existsSync(node) && !node.startsWith(modules);
  return startedByNpm ? [node, [cli, ...args]] : ["npm", args];
}

/** One line of progress with its seconds; what the command prints goes to the log, its end is shown when it fails. */
async function step(title, command, args, cwd = root) {
  const start = performance.now();
  const live = process.stderr.isTTY === true;
  const show = (ending) => process.stderr.write(`${live ? "\r" : ""}${title} … ${secondsSince(start)}${ending}`);
  if (!live) console.error(`${title} …`);
  const timer = live ? setInterval(() => show(""), 1000) : undefined;
  const { code, output } = await capture(command, args, { cwd }).finally(() => clearInterval(timer));
  if (live) show("\n");
  mkdirSync(join(root, ".autotraj"), { recursive: true });
  writeFileSync(logFile, output);
  if (code === 0) return;
  const tail = output.trimEnd().split("\n").slice(-20).join("\n");
  throw new ScriptError(`${tail}\n${title} failed (exit code ${code}); the whole output is in ${logFile}`);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main(() => setUp().then(() => 0));
