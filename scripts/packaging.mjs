/** Packs every package as npm would publish it and lints the result: one line per fault, exit code 1 when there is any. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { main, root } from "./process.mjs";

await main(async () => {
  const { workspaces } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const folders = workspaces.flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: root })).map(dirname);
  let faults = 0;
  for (const folder of folders.sort()) {
    const pkg = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
    if (pkg.private === true) continue;
    const { messages } = await publint({ pkgDir: join(root, folder), pack: "npm", strict: true, level: "warning" });
    // A template is to be a package of somebody else's, at another place.
    const texts = messages.map((message) => formatMessage(message, pkg, { color: false })).filter((text) => !text.startsWith("./templates/"));
    for (const text of texts) console.log(`${folder}: ${text}`);
    faults += texts.length;
  }
  return faults > 0 ? 1 : 0;
});
