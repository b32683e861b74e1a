/** `npm run bench [name …]`: runs every benchmark of test/bench, or the named ones, one after another. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { basename, join } from "node:path";
import { main, root, run, ScriptError, secondsSince } from "./process.mjs";
import { setUp } from "./setup.mjs";

const folder = join(root, "test/bench");

await main(async () => {
  const all = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(".ts")) : [];
  const names = all.map((file) => basename(file, ".ts")).sort();
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new ScriptError(`No benchmark is called ${unknown.join(", ")}. There are: ${names.join(", ") || "none"}.`);
  const node = await setUp();
  const [{ model }] = cpus();
  const nodeVersion = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
  console.log(
    `${cpus().length} × ${model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}, Node ${nodeVersion}, ${commit()}`,
  );
  const failed = [];
  for (const name of asked.length > 0 ? asked : names) {
    console.log(`\n── ${name}`);
    const start = performance.now();
    const code = await run(node, ["--disable-warning=ExperimentalWarning", join(folder, `${name}.ts`)]);
    console.log(`${name}: ${code === 0 ? "done" : `failed (exit code ${code})`} in ${secondsSince(start)}`);
    if (code !== 0) failed.push(name);
  }
  if (failed.length > 0) throw new ScriptError(`Failed: ${failed.join(", ")}`);
});

function commit() {
  try {
    return `commit ${execFileSync("git", ["describe", "--always", "--dirty"], { cwd: root, encoding: "utf8" }).trim()}`;
  } catch {
    return "not a git checkout";
  }
}
