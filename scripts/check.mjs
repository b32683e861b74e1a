/** `npm run check`: types, lint, unused code, import rules, packaging, generated pages. Every step runs, whatever failed before it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { capture, main, root, secondsSince } from "./process.mjs";
import { setUp } from "./setup.mjs";

await main(async () => {
  const node = await setUp({ build: false });
  const bin = (script, ...args) => [node, "--disable-warning=ExperimentalWarning", join(root, "node_modules", script), ...args];
  const steps = [
    ["types", bin("typescript/bin/tsc", "-b")],
    ["types of tests", bin("typescript/bin/tsc", "-p", "tsconfig.test.json")],
    ["lint and format", bin("@biomejs/biome/bin/biome", "check", ".")],
    ["unused files, exports, dependencies", bin("knip/bin/knip.js")],
    ["import rules", bin("mocha/bin/mocha.js", "--no-config", "test/boundaries/*.test.ts")],
    ["generated pages", [node, join(root, "scripts/docs.mjs"), "--check"]],
    ...publishable().map((folder) => [`packaging of ${folder}`, bin("publint/src/cli.js", "run", "--strict", folder)]),
  ];
  let failures = 0;
  for (const [name, [command, ...args]] of steps) {
    const start = performance.now();
    const { code, output } = await capture(command, args);
    console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${secondsSince(start)})`);
    if (code === 0) continue;
    failures++;
    console.log(output.trimEnd().replace(/^/gm, "       "));
  }
  return failures > 0 ? 1 : 0;
});

/** Workspaces that go to the registry: all that are not private and hold code. */
function publishable() {
  const folders = ["core", "cli", "test/kit", ...kinds().flatMap((kind) => children(`plugins/${kind}`))];
  return folders.filter((folder) => {
    const manifest = join(root, folder, "package.json");
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).private !== true;
  });
}

function kinds() {
  return readdirSync(join(root, "plugins"));
}

function children(folder) {
  return readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
}
