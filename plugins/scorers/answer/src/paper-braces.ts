/** What the paper's code reads out of braces: shortest matches, so `\boxed{\frac{1}{2}}` holds `\frac{1`. Linear in the text's length. */

/** What stands behind each `opening` up to the next `}`, from left to right; nothing twice. `line`: up to the line's end at most. */
export function bracedBehind(opening: string, text: string, reach: "text" | "line"): readonly string[] {
  const found: string[] = [];
  let close = -1;
  let lineEnd = -1;
  for (let open = text.indexOf(opening); open >= 0; ) {
    const start = open + opening.length;
    // Looked for once per `}` and line, not once per opening: a text full of openings must not be searched again and again.
    if (close < start) close = text.indexOf("}", start);
    if (close < 0) break;
    if (reach === "line" && lineEnd < start) lineEnd = endOfLine(text, start);
    const isReached = reach === "text" || close <= lineEnd;
    if (isReached) found.push(text.slice(start, close));
    open = text.indexOf(opening, isReached ? close + 1 : start);
  }
  return found;
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}
