/** Pages as GitHub reads them: links by the repository's paths, anchors by GitHub's rule, comments left out, texts that are no HTML and no template. */
import { relative, sep } from "node:path";
import { slug } from "github-slugger";
import { siteLink } from "./places.mjs";

/**
 * @param root the repository's
 * @param onSource is told every file that a page links to and that is no page
 */
export function markdownOptions(root, onSource) {
  return {
    html: false,
    anchor: { slugify: slug },
    config(md) {
      md.block.ruler.before("paragraph", "comment", comment, { alt: ["paragraph", "reference", "blockquote", "list"] });
      md.core.ruler.after("inline", "repository-links", ({ tokens, env }) => {
        const page = relative(root, env.realPath ?? env.path)
          .split(sep)
          .join("/");
        for (const token of tokens.flatMap(({ children }) => children ?? []).filter(({ type }) => type === "link_open")) {
          const link = siteLink(page, token.attrGet("href") ?? "");
          if (link === undefined) continue;
          token.attrSet("href", link.href);
          if (link.source !== undefined) onSource(link.source);
        }
      });
      for (const rule of ["text", "code_block"]) {
        const render = md.renderer.rules[rule];
        md.renderer.rules[rule] = (...args) => render(...args).replaceAll("{{", "&#123;&#123;");
      }
    },
  };
}

/** `<!-- … -->` from the beginning of a line to the end of one. */
function comment(state, startLine, endLine, silent) {
  const textOf = (line) => state.src.slice(state.bMarks[line] + state.tShift[line], state.eMarks[line]);
  if (!textOf(startLine).startsWith("<!--")) return false;
  let line = startLine;
  while (line < endLine && !textOf(line).trimEnd().endsWith("-->")) line++;
  if (line === endLine) return false;
  if (!silent) state.line = line + 1;
  return true;
}
