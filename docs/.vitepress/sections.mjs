/** The site's sidebar: the lists of docs/README.md, which stand there for readers of the repository. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { siteLink } from "./places.mjs";

const CONTENTS = "docs/README.md";
/** `- [Title](page.md): what it is` */
const ITEM = /^- \[([^\]]+)\]\(([^)]+)\)/;

/** @returns a section for each heading, with its pages, as vitepress has them */
export function sections(root) {
  const [, ...parts] = readFileSync(join(root, CONTENTS), "utf8").split(/^## /m);
  return parts.map((part) => {
    const [title, ...lines] = part.split("\n");
    const items = lines.flatMap((line) => {
      const [, text, href] = ITEM.exec(line) ?? [];
      return text === undefined ? [] : [{ text: text.replaceAll("`", ""), link: siteLink(CONTENTS, href).href.replace(/\.md$/, "") }];
    });
    return { text: title, collapsed: items.length > 12, items };
  });
}
