/** How deep the brackets of a formula stand in each other. */

const CLOSED_BY: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** Of brackets that are closed: what is only opened, or closed by another kind, is no formula and is told soon. */
export function nestingOf(formula: string): number {
  const open: { readonly closing: string; inside: number }[] = [];
  let deepest = 0;
  for (const sign of formula) {
    const closing = CLOSED_BY[sign];
    if (closing !== undefined) open.push({ closing, inside: 0 });
    else if (sign === open.at(-1)?.closing) {
      const depth = (open.pop()?.inside ?? 0) + 1;
      const around = open.at(-1);
      if (around !== undefined) around.inside = Math.max(around.inside, depth);
      deepest = Math.max(deepest, depth);
    }
  }
  return deepest;
}
