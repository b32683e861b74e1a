/** Where a file of the repository lies in the site. Links in pages are paths of the repository, so that they hold there too. */
import { posix } from "node:path";

/** Markdown files that are no pages. */
export const NO_PAGES = [
  "{core,cli,plugins,presets}/**/test/**",
  "test/!(kit)/**",
  "**/node_modules/**",
  "runs/**",
  "studies/**",
  ".autotraj/**",
  "**/dist/**",
  "docs/.site/**",
];

/** First match wins. */
const RULES = [
  [/^README\.md$/, "index.md"],
  [/^docs\/README\.md$/, "contents.md"],
  [/^docs\/(.+)\/README\.md$/, "$1/index.md"],
  [/^docs\/(.+)$/, "$1"],
  [/^presets\/([^/]+)\/README\.md$/, "presets/$1.md"],
  [/^(?:plugins|cli|test)\/(.+)\/README\.md$/, "packages/$1.md"],
];

/** @param path of a Markdown file, from the repository's root */
export function placeOf(path) {
  const rule = RULES.find(([pattern]) => pattern.test(path));
  return rule === undefined ? path : path.replace(...rule);
}

/** Other files that pages link to are shown as texts. */
export function sourcePlaceOf(path) {
  return `source/${path}.txt`;
}

/**
 * What a link of a page means in the site.
 * @param page the page's path and `href` its link, both as the repository has them
 * @returns the link from the site's root, and the file that it shows where that is no page; undefined where the link leads out of the repository, or stays on the page
 */
export function siteLink(page, href) {
  if (/^(?:[a-z][a-z\d+.-]*:|#)/i.test(href)) return undefined;
  const [path, hash] = href.split("#");
  const file = posix.join(posix.dirname(page), decodeURI(path));
  if (!file.endsWith(".md")) return { href: `/${sourcePlaceOf(file)}`, source: file };
  return { href: `/${placeOf(file)}${hash === undefined ? "" : `#${hash}`}` };
}
