/** Of any text, one short line. */
export function quote(text: string): string {
  const line = text.slice(0, 200).replace(/\s+/g, " ");
  return `"${line.length > 60 || text.length > 200 ? `${line.slice(0, 60)}…` : line}"`;
}
