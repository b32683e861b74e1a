/** The pages of this repository, as Markdown reads them: their blocks of code, their headings, their links. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import GithubSlugger from "github-slugger";
import MarkdownIt from "markdown-it";

export const ROOT = resolve(import.meta.dirname, "../..");

/** Where code of pages is written to: inside the repository, where packages are found, and ignored. */
export const WORK = join(ROOT, ".autotraj/pages");

export interface Block {
  /** The page's path from the root. */
  readonly page: string;
  /** Counted from 1. */
  readonly line: number;
  /** Empty for an indented block, and for a fence that names none. */
  readonly language: string;
  /** What the fence calls the file, behind its language: `yaml my.yaml`. */
  readonly file?: string;
  readonly code: string;
  /** Why it is not run: the comment `<!-- not run: … -->` in the line before. */
  readonly notRun?: string;
  /** Which preset a part of one is laid over: the comment `<!-- over: … -->` in the line before. */
  readonly over?: string;
}

export interface Page {
  readonly path: string;
  readonly blocks: readonly Block[];
  /** Of its headings, as GitHub and the site make them. */
  readonly anchors: ReadonlySet<string>;
  readonly links: readonly { readonly href: string; readonly line: number }[];
  readonly pictures: readonly Picture[];
}

export interface Picture {
  readonly src: string;
  /** What is said of it to those who do not see it. */
  readonly says: string;
  readonly line: number;
}

const REMARK = /^\s*<!-- (not run|over): (\S.*) -->\s*$/;

const markdown = new MarkdownIt({ html: true });

export function readPage(path: string): Page {
  const text = readFileSync(join(ROOT, path), "utf8");
  const lines = text.split("\n");
  const tokens = markdown.parse(text, {});
  const slugger = new GithubSlugger();
  const blocks: Block[] = [];
  const anchors = new Set<string>();
  const links: { href: string; line: number }[] = [];
  const pictures: Picture[] = [];
  for (const [index, token] of tokens.entries()) {
    const line = (token.map?.[0] ?? 0) + 1;
    if (token.type === "fence" || token.type === "code_block") {
      const [language = "", file] = token.info.trim().split(/\s+/);
      const [, kind, text] = REMARK.exec(lines.slice(0, line - 1).findLast((before) => before.trim() !== "") ?? "") ?? [];
      const remark = kind === undefined ? {} : { [kind === "over" ? kind : "notRun"]: text };
      blocks.push({ page: path, line, language, code: token.content, ...(file === undefined ? {} : { file }), ...remark });
    }
    const children = token.children ?? [];
    if (tokens[index - 1]?.type === "heading_open") anchors.add(slugger.slug(children.map(({ content }) => content).join("")));
    for (const child of children) {
      if (child.type === "link_open") links.push({ href: child.attrGet("href") ?? "", line });
      if (child.type === "image") pictures.push({ src: child.attrGet("src") ?? "", says: child.content, line });
    }
  }
  return { path, blocks, anchors, links, pictures };
}

/** All that the repository holds and people read; recorded data has pages that are data, templates have blanks. */
export const pages: readonly Page[] = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.md"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && !/(?:^|\/)test\/(?!kit\/)|^cli\/init\/templates\//.test(path))
  .sort()
  .map(readPage);

export const blocks: readonly Block[] = pages.flatMap((page) => page.blocks);

export function titleOf({ page, line }: Block): string {
  return `${page}:${line}`;
}

/** What the file holds that a block is shown for: a row of JSON Lines stands on a page in several lines. */
export function contentOf({ file = "", code }: Block): string {
  if (!file.endsWith(".jsonl")) return code;
  try {
    return `${JSON.stringify(JSON.parse(code))}\n`;
  } catch {
    return code;
  }
}
