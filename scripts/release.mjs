/**
 * What the release workflow does beside building and testing (.github/workflows/release.yml):
 *
 *     node scripts/release.mjs check v0.2.0       every package carries the tag's version, and the changelog has a section for it
 *     node scripts/release.mjs sbom FILE          what is shipped and depended on, as CycloneDX, from the lock file alone
 *     node scripts/release.mjs publish            every package that the registry does not have in this version, what others need first
 *     node scripts/release.mjs publish --dry-run  says in which order
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { capture, main, root, run, ScriptError } from "./process.mjs";

const NPM = process.platform === "win32" ? "npm.cmd" : "npm";
const read = (path) => JSON.parse(readFileSync(join(root, path), "utf8"));

await main(async () => {
  const [task, argument] = process.argv.slice(2);
  if (task === "check") return check(argument ?? "");
  if (task === "sbom" && argument !== undefined) return sbom(argument);
  if (task === "publish") return publish(argument === "--dry-run");
  throw new ScriptError("Say what to do: check TAG, sbom FILE, or publish [--dry-run].");
});

/** Those that are published, each behind the ones that it needs. */
function packages() {
  const found = read("package.json")
    .workspaces.flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: root }))
    .map((path) => ({ folder: dirname(path), ...read(path) }))
    .filter(({ private: isPrivate }) => isPrivate !== true);
  const ordered = [];
  const begun = new Set();
  const add = (one) => {
    if (begun.has(one)) return;
    begun.add(one);
    const needed = Object.keys({ ...one.dependencies, ...one.peerDependencies });
    for (const other of found) if (other !== one && needed.includes(other.name)) add(other);
    ordered.push(one);
  };
  for (const one of found) add(one);
  return ordered;
}

function check(tag) {
  const wrong = packages().filter(({ version }) => `v${version}` !== tag);
  if (wrong.length > 0)
    throw new ScriptError(`The tag is ${tag}, but ${wrong.length} packages carry another version: ${wrong[0].name} is ${wrong[0].version}.`);
  const heading = `## ${tag.slice(1)}`;
  if (
    !readFileSync(join(root, "CHANGELOG.md"), "utf8")
      .split("\n")
      .some((line) => line.startsWith(heading))
  )
    throw new ScriptError(`CHANGELOG.md has no section "${heading}": rename "Unreleased".`);
  console.log(`All packages are ${tag.slice(1)}.`);
}

async function sbom(file) {
  const { code, output } = await capture(NPM, ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"]);
  if (code !== 0) throw new ScriptError(output);
  const { components } = JSON.parse(output);
  writeFileSync(file, output);
  console.log(`${file}: ${components.length} packages.`);
}

/** Signed by where it was built (provenance): npm refuses that outside of a workflow that may ask for a token of its identity. */
async function publish(isDry) {
  for (const { name, version, folder } of packages()) {
    if (isDry) {
      console.log(`${name}@${version}`);
      continue;
    }
    const { code, output } = await capture(NPM, ["view", `${name}@${version}`, "version"]);
    if (code === 0 && output.trim() !== "") {
      console.log(`${name}@${version} is there already.`);
      continue;
    }
    const failed = await run(NPM, ["publish", "--provenance", "--access", "public"], { cwd: join(root, folder) });
    if (failed !== 0) throw new ScriptError(`${name}@${version} could not be published. Run the workflow again: what is there is left alone.`);
  }
}
