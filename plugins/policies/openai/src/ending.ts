/** Where a turn ends. Servers differ in whether the stop string stays in the text; here it ends the text exactly once. */

export interface RawEnding {
  readonly text: string;
  /** True when the server stopped for a stop string or the model's own end, false at the token limit. */
  readonly stopped: boolean;
  /** The stop string the server names, null when it says that the model ended by itself, undefined when it says nothing. */
  readonly stoppedBy: string | null | undefined;
  /** What the model had written right before this text: a tag may have been opened there. */
  readonly before: string;
}

/**
 * @param stops a turn ends after the first of these.
 * @param walls a turn ends before the first of these: what is not the model's to write.
 */
export function endTurn(raw: RawEnding, stops: readonly string[], walls: readonly string[]): { readonly text: string; readonly stopped: boolean } {
  const stop = firstOf(raw.text, stops);
  const wall = firstOf(raw.text, walls);
  if (stop !== undefined && (wall === undefined || stop.at < wall.at)) return { text: raw.text.slice(0, stop.at + stop.found.length), stopped: true };
  if (wall !== undefined) return { text: raw.text.slice(0, wall.at), stopped: true };
  if (!raw.stopped) return { text: raw.text, stopped: false };
  const stripped = raw.stoppedBy === undefined ? closingOfOpenTag(raw.before + raw.text, stops) : raw.stoppedBy;
  return { text: stops.includes(stripped ?? "") ? raw.text + stripped : raw.text, stopped: true };
}

/** The earliest occurrence; of two at the same place the longer. */
function firstOf(text: string, strings: readonly string[]): { readonly at: number; readonly found: string } | undefined {
  let first: { at: number; found: string } | undefined;
  for (const found of strings) {
    const at = found === "" ? -1 : text.indexOf(found);
    if (at < 0) continue;
    if (first === undefined || at < first.at || (at === first.at && found.length > first.found.length)) first = { at, found };
  }
  return first;
}

/** Of the stops that are closing tags, the one whose opening tag was opened last and is still open. */
function closingOfOpenTag(text: string, stops: readonly string[]): string | undefined {
  let latest: { at: number; stop: string } | undefined;
  for (const stop of stops) {
    if (!stop.startsWith("</") || !stop.endsWith(">")) continue;
    const at = text.lastIndexOf(`<${stop.slice(2)}`);
    if (at < 0 || text.indexOf(stop, at) >= 0) continue;
    if (latest === undefined || at > latest.at) latest = { at, stop };
  }
  return latest?.stop;
}
