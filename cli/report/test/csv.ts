/** Reads comma-separated values as RFC 4180 has them. @throws where a row has not as many cells as the header */
export function csvRows(text: string): readonly Readonly<Record<string, string>>[] {
  const cells = [...text.matchAll(/(?:"((?:[^"]|"")*)"|([^,"\r\n]*))(,|\r\n)/g)];
  const rows: string[][] = [[]];
  for (const [, quoted, plain = "", end] of cells) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === "\r\n") rows.push([]);
  }
  const [header = [], ...body] = rows.filter((row) => row.length > 0);
  return body.map((row) => {
    if (row.length !== header.length) throw new Error(`a row of ${row.length} cells: ${row.join(" | ")}`);
    return Object.fromEntries(header.map((name, column) => [name, row[column] ?? ""]));
  });
}
