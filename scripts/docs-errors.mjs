/** docs/errors.md, from the table of codes; what was written by hand under a code stays. */

const OPEN = "<!-- by hand -->";
const CLOSE = "<!-- end -->";

export const EXITS = { 1: "the run failed", 2: "wrong configuration: nothing was run", 130: "interrupted; can be resumed" };

export function errorsPage(codes, old) {
  const byHand = handWritten(old);
  const sections = Object.entries(codes).map(([code, { exit, meaning }]) =>
    [`## ${code}`, "", meaning, "", `Exit code ${exit}: ${EXITS[exit]}.`, "", OPEN, byHand.get(code) ?? "", CLOSE, ""].join("\n"),
  );
  const head = [
    `<!-- Written by \`npm run docs\` from core/src/messages/error-codes.ts. Only what stands between "by hand" and "end" is kept. -->`,
    "# Errors",
    "",
    "Every error AutoTraj raises on purpose looks like this; look its code up below.",
    "",
    "```",
    "[ATRAJ_CODE] who: what",
    "  one line per mistake, with its key path",
    "  in file:line",
    "  what to do",
    "```",
    "",
  ];
  return `${[...head, ...sections].join("\n").trimEnd()}\n`;
}

/** Code → the text between the markers of its section. */
function handWritten(page) {
  const texts = new Map();
  for (const section of page.split(/^(?=## )/m).slice(1)) {
    const code = section.slice(3, section.indexOf("\n"));
    const [start, end] = [section.indexOf(OPEN), section.indexOf(CLOSE)];
    if (start !== -1 && end > start) texts.set(code, section.slice(start + OPEN.length, end).trim());
  }
  return texts;
}
