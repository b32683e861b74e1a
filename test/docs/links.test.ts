import { existsSync, readdirSync } from "node:fs";
import { join, posix } from "node:path";
import { expect } from "chai";
import { pages, ROOT } from "./pages.ts";

const CONTENTS = "docs/README.md";
const PICTURES = "docs/pictures";

/** The file that a link of a page means, from the root; undefined where it leads out of the repository. */
function target(page: string, href: string): { readonly path: string; readonly anchor?: string } | undefined {
  if (/^[a-z][a-z\d+.-]*:/i.test(href)) return undefined;
  const [path = "", anchor] = href.split("#");
  return { path: path === "" ? page : posix.join(posix.dirname(page), decodeURI(path)), ...(anchor === undefined ? {} : { anchor }) };
}

describe("the links of", () => {
  const byPath = new Map(pages.map((page) => [page.path, page]));

  it("pages are many, or nothing is looked at", () => {
    expect(pages.flatMap(({ links }) => links)).to.have.length.above(150);
  });

  for (const { path, links } of pages.filter(({ links: all }) => all.length > 0)) {
    it(`${path} hold, with their anchors`, () => {
      const broken = links.flatMap(({ href, line }) => {
        const to = target(path, href);
        if (to === undefined) return [];
        if (!existsSync(join(ROOT, to.path))) return [`line ${line}: ${href}: there is no ${to.path}`];
        // A folder is no page of the site.
        if (!/\.[a-z]+$/.test(to.path)) return [`line ${line}: ${href} is a folder; name a file in it`];
        if (to.anchor === undefined || byPath.get(to.path)?.anchors.has(to.anchor) === true) return [];
        return [`line ${line}: ${href}: ${to.path} has no heading with the anchor ${to.anchor}`];
      });
      expect(broken).to.deep.equal([]);
    });
  }

  it("pages to pictures hold, and each picture has a sentence for who does not see it", () => {
    const shown = pages.flatMap(({ path, pictures }) => pictures.map((picture) => ({ path, ...picture })));
    expect(shown).to.have.length.above(5);
    const broken = shown.filter(({ path, src, says }) => !existsSync(join(ROOT, target(path, src)?.path ?? src)) || says.split(" ").length < 4);
    expect(broken).to.deep.equal([]);
    const used = new Set(shown.map(({ path, src }) => target(path, src)?.path));
    const unused = readdirSync(join(ROOT, PICTURES)).filter((file) => !used.has(`${PICTURES}/${file}`));
    expect(unused, `of ${PICTURES}, on no page`).to.deep.equal([]);
  });

  it(`${CONTENTS} reach every page of docs, some by way of the plugins' list`, () => {
    const reached = new Set<string>();
    const visit = (path: string) => {
      if (reached.has(path)) return;
      reached.add(path);
      if (path !== CONTENTS && path !== "docs/plugins/README.md") return;
      for (const { href } of byPath.get(path)?.links ?? []) visit(target(path, href)?.path ?? path);
    };
    visit(CONTENTS);
    const wanted = pages.map(({ path }) => path).filter((path) => path.startsWith("docs/") || path.startsWith("presets/"));
    expect(wanted.filter((path) => !reached.has(path))).to.deep.equal([]);
  });
});
