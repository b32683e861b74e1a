/**
 * `npm run contract`: rolls the declarations of what plugins may import of core into one file each, docs/contract/*.d.ts, what is
 * imported before who imports it, and without comments. `-- --check` writes nothing and fails where they are not what is committed: a change of the contract is a decision.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { main, root } from "./process.mjs";

/** What `test/boundaries` lets plugins import. */
const ENTRIES = { plugin: "kernel/plugin", rows: "data/recorded/rows", reports: "results/evaluation" };
const DIST = join(root, "core/dist");
const MOST_LINES = 40;

await main(async () => {
  const changed = [];
  // What the first has, the others do not repeat.
  const seen = new Set();
  for (const [name, entry] of Object.entries(ENTRIES)) {
    const path = `docs/contract/${name}.d.ts`;
    const file = join(root, path);
    const rolled = rollUp(name, join(DIST, `${entry}.d.ts`), seen);
    const committed = existsSync(file) ? readFileSync(file, "utf8") : "";
    if (rolled === committed) continue;
    changed.push(path, ...difference(committed, rolled));
    if (process.argv.includes("--check")) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, rolled);
  }
  if (!process.argv.includes("--check")) console.log(changed.length === 0 ? "The contract is as it was." : changed.join("\n"));
  else if (changed.length > 0) console.error(`${changed.join("\n")}\n${WHAT_TO_DO}`);
  return process.argv.includes("--check") && changed.length > 0 ? 1 : 0;
});

const WHAT_TO_DO = `The contract of plugins is not the one that is committed. Can a plugin that compiled or ran before fail by this change?
  No, it only adds what may be left out: \`npm run contract\` writes it down, and CHANGELOG.md says what is new.
  Yes: docs/guide/compatibility.md says how it is done. Keep the old form beside the new one and deprecate it with a code, or raise API_VERSION.`;

/** All files that the entry reaches and that are not seen yet, what is imported before who imports it. */
function rollUp(name, entry, seen) {
  const sections = [];
  const visit = (file) => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(file, "utf8");
    const specifiers = [...text.matchAll(/\bfrom "(\.[^"]+)\.ts"/g), ...text.matchAll(/\bimport\("(\.[^"]+)\.ts"\)/g)].map(([, path]) => path);
    for (const path of specifiers) visit(join(dirname(file), `${path}.d.ts`));
    sections.push(`// ${relative(DIST, file).replace(/\\/g, "/").replace(".d.ts", ".ts")}\n${bare(text)}`);
  };
  visit(entry);
  return `// @autotraj/core/${name}, written by \`npm run contract\`. What it promises: docs/guide/compatibility.md.\n\n${sections.join("\n")}`;
}

/** Without comments, and without what only says where sources lie. */
function bare(text) {
  const lines = text.replaceAll(/^\s*\/\*[\s\S]*?\*\/\n?/gm, "").split("\n");
  return `${lines.filter((line) => line.trim() !== "" && !/^\s*\/\//.test(line)).join("\n")}\n`;
}

/** Lines that only one of the two has, as `- old` and `+ new`. */
function difference(before, after) {
  const only = (these, those) => these.split("\n").filter((line) => !those.split("\n").includes(line));
  const lines = [...only(before, after).map((line) => `  - ${line}`), ...only(after, before).map((line) => `  + ${line}`)];
  return lines.length <= MOST_LINES ? lines : [...lines.slice(0, MOST_LINES), `  and ${lines.length - MOST_LINES} lines more`];
}
