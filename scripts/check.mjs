/** `npm run check`: types, lint, unused code, copied code, boundaries, generated pages, the plugin contract, packaging. Every step runs, whatever failed before it. */
import { join } from "node:path";
import { capture, main, root, secondsSince } from "./process.mjs";
import { setUp } from "./setup.mjs";

await main(async () => {
  const node = await setUp({ build: false });
  const tool = (script, ...args) => [node, "--disable-warning=ExperimentalWarning", join(root, "node_modules", script), ...args];
  const steps = {
    types: tool("typescript/bin/tsc", "-b"),
    "types of tests": tool("typescript/bin/tsc", "-p", "tsconfig.test.json"),
    "lint and format": tool("@biomejs/biome/bin/biome", "check", "."),
    "unused files, exports, dependencies": tool("knip/bin/knip.js"),
    "code that stands twice": [node, join(root, "scripts/copies.mjs")],
    "imports, packages, lock file": tool("mocha/bin/mocha.js", "--no-config", "--timeout", "60000", "--reporter", "dot", "test/boundaries/*.test.ts"),
    "generated pages": [node, join(root, "scripts/docs.mjs"), "--check"],
    "the plugin contract": [node, join(root, "scripts/contract.mjs"), "--check"],
    "packaging (publint)": [node, join(root, "scripts/packaging.mjs")],
  };
  const failed = [];
  for (const [name, [command, ...args]] of Object.entries(steps)) {
    const start = performance.now();
    const { code, output } = await capture(command, args);
    console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${secondsSince(start)})`);
    if (code === 0) continue;
    failed.push(name);
    console.log(output.trimEnd().replace(/^/gm, "       "));
  }
  if (failed.length > 0) console.error(`Failed: ${failed.join("; ")}`);
  return failed.length > 0 ? 1 : 0;
});
