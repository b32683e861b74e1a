/**
 * Gives every package what it is published with and what is the same for all: the licence's text, where its source lies, what kind of thing it is, no build state.
 * The repository's address stands in the root package.json alone. Run it after adding a package; test/packages says when.
 */
import { copyFileSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./process.mjs";

const { workspaces, repository, license } = read("package.json");
const changed = workspaces
  .flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: root }))
  .filter((path) => complete(path.replaceAll("\\", "/")));
console.log(changed.length === 0 ? "All packages are complete." : `Completed ${changed.join(", ")}.`);

function complete(path) {
  const directory = dirname(path);
  const before = read(path);
  const { name, version, description, license: _license, author, repository: _repository, keywords = [], files = [], ...rest } = before;
  const after = {
    name,
    version,
    description,
    license,
    ...(author === undefined ? {} : { author }),
    repository: { ...repository, directory },
    keywords: [...new Set([...keywords, "autotraj", ...kindOf(directory)])],
    ...rest,
    files: [...files.filter((file) => !file.endsWith(".tsbuildinfo")), ...(files.includes("dist") ? ["!dist/.tsbuildinfo"] : [])],
  };
  const isNew = !sameFile(join(root, "LICENSE"), join(root, directory, "LICENSE"));
  if (isNew) copyFileSync(join(root, "LICENSE"), join(root, directory, "LICENSE"));
  // In the order that the file has already, new fields behind the licence: nothing else moves.
  const ordered = Object.fromEntries(inOrder(Object.keys(before), Object.keys(after)).map((key) => [key, after[key]]));
  const text = `${JSON.stringify(ordered, null, 2)}\n`;
  if (text === readFileSync(join(root, path), "utf8")) return isNew;
  writeFileSync(join(root, path), text);
  return true;
}

/** @param known fields as they stand @param wanted all there are to be */
function inOrder(known, wanted) {
  const fresh = wanted.filter((key) => !known.includes(key));
  const at = known.indexOf("license") + 1;
  return [...known.slice(0, at), ...fresh, ...known.slice(at)].filter((key) => wanted.includes(key));
}

/** `plugins/scorers/answer` → `scorer`: one more word to search for. */
function kindOf(directory) {
  const [folder, plural] = directory.split("/");
  if (folder !== "plugins" || plural === "libraries") return [];
  return [plural.replace(/ies$/, "y").replace(/xes$/, "x").replace(/s$/, "")];
}

function sameFile(one, other) {
  try {
    return readFileSync(one).equals(readFileSync(other));
  } catch {
    return false;
  }
}

function read(path) {
  return JSON.parse(readFileSync(join(root, path), "utf8"));
}
