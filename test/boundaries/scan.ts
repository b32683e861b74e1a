/**
 * Reads the imports of a source file without a parser. It leans on the formatter, which `npm run check` enforces: static imports begin in the
 * first column and specifiers stand in double quotes.
 */
export interface Import {
  readonly specifier: string;
  /** Erased before run time. */
  readonly typeOnly: boolean;
}

const STATIC =
  /^(?:import(?: (?<clause>[\w$\s{},*]+?) from)?|export (?<exported>(?:type )?(?:\*(?: as \w+)?|\{[^}]*\})) from) "(?<specifier>[^"\n]+)"/gm;
const DYNAMIC = /\b(?:import|require|require\.resolve|import\.meta\.resolve)\(\s*["'`]([^"'`\n]+)["'`]/g;

export function importsOf(source: string): readonly Import[] {
  const code = withoutComments(source);
  return [
    ...[...code.matchAll(STATIC)].map(({ groups: { clause, exported, specifier = "" } = {} }) => ({
      specifier,
      typeOnly: /^type\b/.test(clause ?? exported ?? ""),
    })),
    ...[...code.matchAll(DYNAMIC)].map(([, specifier = ""]) => ({ specifier, typeOnly: false })),
  ];
}

/** Lines that hold code: neither blank nor only comment. */
export function codeLines(source: string): number {
  return withoutComments(source)
    .split("\n")
    .filter((line) => line.trim() !== "").length;
}

/** Empties the lines that are only comment. Comments after code stay: the patterns above cannot mistake them. */
function withoutComments(source: string): string {
  let inBlock = false;
  return source
    .split("\n")
    .map((line) => {
      const text = line.trim();
      const opens = !inBlock && text.startsWith("/*");
      const isComment = inBlock || opens || text.startsWith("//");
      if (inBlock || opens) inBlock = !text.includes("*/");
      return isComment ? "" : line;
    })
    .join("\n");
}
