/** `npm run site`: every page of the repository as a site that needs no network. */
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { markdownOptions } from "./markdown.mjs";
import { NO_PAGES, placeOf, sourcePlaceOf } from "./places.mjs";
import { sections } from "./sections.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sources = new Set();

export default defineConfig({
  title: "AutoTraj",
  description: "Roll out, score, repair and learn from tool-use trajectories",
  srcDir: "..",
  outDir: ".site",
  srcExclude: NO_PAGES,
  rewrites: placeOf,
  markdown: markdownOptions(root, (file) => sources.add(file)),
  themeConfig: {
    nav: [{ text: "Contents", link: "/contents" }],
    sidebar: sections(root),
    outline: [2, 3],
    search: { provider: "local" },
  },
  async buildEnd({ outDir }) {
    for (const file of sources) {
      const place = join(outDir, sourcePlaceOf(file));
      await mkdir(dirname(place), { recursive: true });
      await copyFile(join(root, file), place);
    }
  },
});
