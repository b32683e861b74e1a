/** A report as one HTML file: nothing is loaded, nothing runs, and whatever stands in it is text. */
import { createHash } from "node:crypto";
import type { Examples } from "../examples.ts";
import type { FigureTable } from "../figures/parts.ts";
import type { Section } from "../sections.ts";
import { examplesView } from "./examples.ts";
import { html, type Markup, shownLine } from "./markup.ts";
import { STYLE } from "./style.ts";

export interface Page {
  readonly title: string;
  /** What the run is, sentence by sentence. */
  readonly about: readonly string[];
  readonly key: readonly (readonly [what: string, figure: string])[];
  readonly sections: readonly Section[];
  readonly examples: Examples | undefined;
}

/** How much of long tables and texts stands in the page. */
export interface PageLimits {
  readonly rows: number;
  readonly cell: number;
}

const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");
const SENTENCE = 600;
/** So many charts stand beside their tables where there is room. */
const MOST_BESIDE = 2;

export function pageOf({ title, about, key, sections, examples }: Page, limits: PageLimits): string {
  const shownExamples = examples === undefined ? undefined : examplesView(examples);
  const links = [
    ...sections.map(({ id, title: name }) => [id, name] as const),
    ...(shownExamples === undefined ? [] : [["examples", "Examples"] as const]),
  ];
  const body = html`<header><h1 dir="auto">${title}</h1>${about.map((said) => html`<p class="about" dir="auto">${shownLine(said, SENTENCE)}</p>`)}</header>
<dl class="key">${key.map(([what, figure]) => html`<div><dt>${shownLine(what, 40)}</dt><dd>${figure}</dd></div>`)}</dl>
<nav aria-label="Sections"><ul>${links.map(([id, name]) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
<main>${sections.map((section) => sectionView(section, limits))}${shownExamples}</main>`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
${html`<title>${title}</title>`}
<style>${STYLE}</style>
</head>
<body>
${body}
</body>
</html>
`;
}

function sectionView({ id, title, charts, parts }: Section, limits: PageLimits): Markup {
  const figures = parts.slice(0, limits.rows).map((part) => {
    if (typeof part !== "string") return part.rows.length === 0 ? undefined : tableView(part, title, limits);
    return html`<p dir="auto">${shownLine(part, SENTENCE)}</p>`;
  });
  if (charts.length === 0) return html`<section id="${id}"><h2>${title}</h2>${figures}</section>`;
  const place = charts.length > MOST_BESIDE ? "" : "beside";
  return html`<section id="${id}"><h2>${title}</h2><div class="${place}"><div class="charts">${charts}</div><div>${figures}</div></div></section>`;
}

const NUMBER = /^[-–−+$]?[\d.,]*%?$/;

function tableView({ header, rows }: FigureTable, title: string, { rows: most, cell: longest }: PageLimits): Markup {
  const isNumeric = header.map((_, column) => rows.every((row) => NUMBER.test(String(row[column] ?? ""))));
  const cellView = (cell: string | number, column: number) => {
    const text = String(cell);
    const indent = /^ */.exec(text)?.[0] ?? "";
    const shown = indent + shownLine(text, longest);
    if (column === 0) return html`<th scope="row"><bdi>${shown}</bdi></th>`;
    return isNumeric[column] ? html`<td class="number">${shown}</td>` : html`<td><bdi>${shown}</bdi></td>`;
  };
  const head = header.map((name, column) =>
    isNumeric[column] ? html`<th scope="col" class="number">${name}</th>` : html`<th scope="col">${name}</th>`,
  );
  const body = rows.slice(0, most).map((row) => html`<tr>${row.map(cellView)}</tr>`);
  const more = rows.length > most ? html`<p class="note">And ${rows.length - most} more: report.csv has them all.</p>` : undefined;
  return html`<div class="table" tabindex="0" role="region" aria-label="${`${title}: ${header[0] ?? ""}`}"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>${more}`;
}
