/** Blocks of code between fences: in a log without numbers, a line of code that looks like a label is told apart by them. */

const LABEL = /^(Question|Thought|Action Input|Action|Observation|Final Answer):/;
const FENCE = /^((?:Question|Thought|Action Input|Action|Observation|Final Answer):)?\s{0,3}(`{3,16}|~{3,16})([^`]{0,40})$/;
/** Of a line with a fence. */
const LONGEST_FENCE = 80;

interface Line {
  readonly start: number;
  readonly text: string;
}

/**
 * Where the lines begin that only look like labels. Runs cut fences off, so a block is believed only where the run makes sense without its lines: nothing in
 * it acts or ends the run, and what a call is given is still followed by an observation.
 */
export function labelsInCode(text: string): ReadonlySet<number> {
  const found = new Set<number>();
  if (!/`{3}|~{3}/.test(text)) return found;
  const lines = linesOf(text);
  const next = nextLabels(lines);
  let label = "";
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as Line;
    label = LABEL.exec(line.text)?.[1] ?? label;
    const end = endOfBlock(lines, at);
    if (end === undefined) continue;
    const quoted = lines.slice(at + 1, end).filter((one) => LABEL.test(one.text));
    const acts = quoted.some((one) => /^(?:Action|Final Answer)/.test(one.text));
    if (acts || (label.startsWith("Action") && next[end] !== "Observation")) continue;
    for (const { start } of quoted) found.add(start);
    at = end;
  }
  return found;
}

/** The line that closes the block which this line opens; undefined where it opens none, or another block begins before. */
function endOfBlock(lines: readonly Line[], start: number): number | undefined {
  const { fence: opening } = fenceOf(lines[start] as Line);
  if (opening === undefined) return undefined;
  for (let at = start + 1; at < lines.length; at++) {
    const { label, fence, info } = fenceOf(lines[at] as Line);
    if (fence !== undefined) return label === undefined && info === "" && fence.startsWith(opening) ? at : undefined;
  }
  return undefined;
}

function fenceOf({ text }: Line): { readonly label?: string | undefined; readonly fence?: string | undefined; readonly info?: string | undefined } {
  const [, label, fence, info] = (text.length <= LONGEST_FENCE ? FENCE.exec(text.trimEnd()) : null) ?? [];
  return { label, fence, info };
}

/** By line, the label after it. */
function nextLabels(lines: readonly Line[]): readonly (string | undefined)[] {
  const next: (string | undefined)[] = [];
  for (let at = lines.length - 1, label: string | undefined; at >= 0; at--) {
    next[at] = label;
    label = LABEL.exec((lines[at] as Line).text)?.[1] ?? label;
  }
  return next;
}

function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf("\n", start);
    lines.push({ start, text: text.slice(start, end < 0 ? undefined : end) });
    if (end < 0) break;
    start = end + 1;
  }
  return lines;
}
