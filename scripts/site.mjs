/** `npm run site`: builds docs/.site, the documentation as a folder of static pages with a search that works offline. `-- --show` serves it on this machine afterwards. */
import { join } from "node:path";
import { main, root, run } from "./process.mjs";
import { setUp } from "./setup.mjs";

await main(async () => {
  const node = await setUp({ build: false });
  const vitepress = (action) => run(node, [join(root, "node_modules/vitepress/bin/vitepress.js"), action, "docs"]);
  const code = await vitepress("build");
  if (code !== 0) return code;
  console.log("The site is docs/.site; any server of static files shows it.");
  return process.argv.includes("--show") ? vitepress("preview") : 0;
});
