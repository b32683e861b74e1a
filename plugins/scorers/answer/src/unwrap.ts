/** What an answer is wrapped in: dollars, emphasis, quotes, list marks, `The answer is`. Everything here runs on hostile text: each pattern is anchored or has no nested repeats. */

const WRAPPERS = [
  /^\$\$([^$]*)\$\$$/,
  /^\$([^$]*)\$$/,
  /^\\\((.*)\\\)$/s,
  /^\\\[(.*)\\\]$/s,
  /^\\(?:text|textbf|textit|textnormal|textrm|emph|mathrm|mathbf|boldsymbol|bm|mbox|underline)\s?\{([^{}]*)\}$/,
  /^\{([^{},;]*)\}$/,
  /^\(([^(),;]*)\)$/,
  /^"([^"]*)"$/,
  /^'([^']*)'$/,
  /^[“„«]([^“”„«»]*)[”“»]$/,
  /^‘([^‘’]*)’$/,
];
const INTRODUCTION =
  /^(?:(?:so|thus|hence|therefore|finally|and|ok(?:ay)?),?\s{1,3})?(?:(?:the|my|our)\s{1,3})?(?:(?:final|correct|right)\s{1,3})?(?:answer|result|solution)(?:\s{0,3}(?:is|are|:|=)){1,2}\s{0,3}/i;
const DECLARATION =
  /(?:^|[\n.:;!?,]\s{0,3})(?:(?:so|thus|hence|therefore|finally|and|but),?\s{1,3})?(?:(?:the|my|our)\s{1,3})?(?:(?:final|correct|right)\s{1,3})?answer(?:(?:\s{0,3}(?:is|:|=)){1,2}\s{0,3}|\s[-–—]\s{1,3}|\s{0,3}\n\s{0,5})|####\s/gi;
/** Emphasis, not powers: `**` (or `***`) that opens where a word may begin and closes where one may end. */
const MARKS = [
  /(?<![\w)\]}*])\*\*\*(?=[^\s*])([^*\n]*[^\s*])\*\*\*(?![\w*(])/g,
  /(?<![\w)\]}*])\*\*(?=[^\s*])([^*\n]*[^\s*])\*\*(?![\w*(])/g,
  /(?<![\w)\]}*])\*(?=[^\s*])([^*\n]*[^\s*])\*(?![\w*(])/g,
  /(?<![\w\\}])__(?=[^\s_])([^_\n]*[^\s_])__(?!\w)/g,
  /(?<![\w\\}])_(?=[^\s_{])([^_\n]*[^\s_])_(?!\w)/g,
  /`([^`\n]*)`/g,
];

/** The text without emphasis, code marks and the HTML tags for them. */
export function withoutMarkup(text: string): string {
  if (!/[*_`<~[]/.test(text)) return text;
  let plain = text
    .replace(/~~[^~\n]*~~|<(del|strike)>[^<]*<\/\1>/gi, "")
    .replace(/(?<!\w)\[([^[\]\n]{1,200})\]\(https?:[^()\s]{1,500}\)/g, "$1")
    .replace(/```(?:\w{0,12}\n)?([^`]*)```/g, "$1")
    .replace(/<\/?(?:b|strong|i|em|u|mark|code|p)>/gi, "")
    .replace(/<br\s?\/?>/gi, "\n");
  for (const mark of MARKS) plain = plain.replace(mark, "$1");
  return plain;
}

/** The answer without its wrapping and the full stop at its end. */
export function unwrap(text: string): string {
  let inner = text.trim();
  for (let depth = 0; depth < 8; depth++) {
    const before = inner;
    inner = withoutMarkup(inner.replace(/^[-–]\s+(?=\*\*|__|`)/, ""));
    for (const wrapper of WRAPPERS) inner = wrapper.exec(inner)?.[1] ?? inner;
    inner = withoutListMark(inner).replace(INTRODUCTION, "").trim();
    inner = withoutEndMark(inner, before);
    if (inner === before) break;
  }
  return inner;
}

/** A dash before a number is its sign; before anything else, or before a mark, it opens a list. */
function withoutListMark(text: string): string {
  return text.replace(/^(?:[-–—>]\s+(?![\s\d.$€£])|[*•·]\s|#{1,6}\s)/, "");
}

const SAYS = /\b(?:is|are|was|were|equals|total|answer|result|makes?|gives?|gets?|have|has)\b|:\s/i;

/** `5!` is a factorial; an exclamation mark after words, or outside the marks around a number, is none. */
function withoutEndMark(text: string, wrapped: string): string {
  const bare = text.replace(/(?:\p{Extended_Pictographic}|\uFE0F|✓|\s){1,20}$/u, "");
  if (/\\[,;:! ]$/.test(bare)) return bare.slice(0, -2);
  if (/[^.][.;,:]$/.test(bare)) return bare.slice(0, -1);
  const isSpoken = /\p{L}{3}!+$/u.test(bare) || /[*_`"”'’$]!+$/.test(wrapped.trim()) || SAYS.test(wrapped);
  return isSpoken && bare.endsWith("!") ? bare.replace(/!+$/, "") : bare;
}

/** What follows the text's last `the answer is`, `Answer:` or `####`, up to the end of the line or sentence; undefined where nothing does. */
export function declaredAnswer(text: string): string | undefined {
  const plain = text.search(DECLARATION) >= 0 ? text : withoutMarkup(text).replace(/^#{1,6}\s(?=\p{L})/gmu, "");
  const declaration = [...plain.matchAll(DECLARATION)].at(-1);
  if (declaration === undefined) return undefined;
  const rest = plain.slice(declaration.index + declaration[0].length).trimStart();
  const end = rest.search(/\n|[.!?]\s/);
  const declared = unwrap(end < 0 ? rest : rest.slice(0, end));
  return declared === "" ? undefined : declared;
}
