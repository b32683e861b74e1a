/** The page's only style. Texts reach 4.5:1 against what they stand on, marks 3:1, in light and in dark. */
export const STYLE = `
:root { color-scheme: light dark; --ground: #fff; --raised: #f6f8fa; --ink: #1f2328; --faint: #57606a; --line: #d0d7de;
  --green: #1a7f37; --blue: #0969da; --orange: #bc4c00; --grey: #6e7781; --violet: #8250df; }
@media (prefers-color-scheme: dark) { :root { --ground: #0d1117; --raised: #161b22; --ink: #e6edf3; --faint: #9da7b3; --line: #3d444d;
  --green: #3fb950; --blue: #58a6ff; --orange: #f0883e; --grey: #8b949e; --violet: #bc8cff; } }
@media print { :root { color-scheme: light; --ground: #fff; --raised: #fff; --ink: #000; --faint: #444; --line: #999;
  --green: #1a7f37; --blue: #0969da; --orange: #bc4c00; --grey: #6e7781; --violet: #8250df; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 76rem; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.25rem; margin: 2.5rem 0 .75rem; } h3 { font-size: 1.05rem; margin: 1.5rem 0 .5rem; }
h4 { font-size: .95rem; margin: 0 0 .5rem; font-weight: 600; }
p { margin: .4rem 0; } a { color: var(--blue); } code, pre { font: 13px/1.45 ui-monospace, monospace; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; margin: 1rem 0; list-style: none; }
.about, .note, .who { color: var(--faint); } .note, .who { font-size: .87rem; }
.key { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; }
.key div { flex: 1 1 auto; border: 1px solid var(--line); border-radius: 6px; padding: .5rem .75rem; } .key dt { color: var(--faint); font-size: .87rem; } .key dd { margin: 0; font-size: 1.3rem; }
.table { overflow-x: auto; margin: .75rem 0; } table { border-collapse: collapse; font-size: .93rem; overflow-wrap: break-word; }
th, td { text-align: start; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; font-weight: 400; max-width: 34rem; white-space: pre-wrap; }
thead th { color: var(--faint); } .number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { max-width: 100%; height: auto; } .charts { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; } .charts > :is(h3, ul) { flex-basis: 100%; }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; padding: 0; margin: .4rem 0; font-size: .9rem; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; } svg .tick { fill: var(--faint); font-size: 11px; }
.grid { stroke: var(--line); } .interval { stroke: var(--blue); stroke-width: 2; } .change { stroke: var(--grey); stroke-width: 2; } .curve { fill: none; stroke: var(--blue); stroke-width: 1.75; }
.value, rect.repaired, circle.repaired, .after { fill: var(--blue); } rect.kept, circle.kept { fill: var(--green); } rect.hard, circle.hard, .before { fill: var(--orange); }
rect.discarded, circle.discarded, .candidates { fill: var(--grey); } rect.pending, circle.pending { fill: var(--violet); }
rect { stroke: var(--ground); }
.example { border-top: 1px solid var(--line); padding: .75rem 0; } .pair { display: grid; gap: 1rem; }
@media (min-width: 60rem) { .pair { grid-template-columns: 1fr 1fr; } }
@media screen and (min-width: 72rem) {
  main, .beside { display: grid; grid-template-columns: 37rem minmax(0, 1fr); gap: 0 2rem; align-items: start; } main { grid-template-rows: auto auto 1fr; }
  main > * { grid-column: 1 / -1; min-width: 0; } #funnel { grid-column: 1; grid-row: 1 / span 3; } #reasons, #repairs { grid-column: 2; } #funnel .beside { display: block; }
}
.trajectory { min-width: 0; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: .75rem; overflow: clip; margin: .5rem 0; }
.fate { border: 1px solid currentcolor; border-radius: 1em; padding: 0 .5em; }
.steps { list-style: none; padding: 0; margin: .5rem 0; } .steps li { border-inline-start: 3px solid var(--line); padding-inline-start: .6rem; margin: .5rem 0; overflow: clip; }
.steps .turn { border-color: var(--blue); } .steps .failed { border-color: var(--orange); } .steps .same { border-style: dotted; }
.thinking { color: var(--faint); font-style: italic; } .thinking, .said, .question { white-space: pre-wrap; }
pre { margin: .25rem 0; padding: .4rem .6rem; background: var(--ground); border: 1px solid var(--line); border-radius: 4px; white-space: pre-wrap; max-height: 24rem; overflow: auto; }
details { margin-top: .5rem; } summary { cursor: pointer; }
@media print { body { max-width: none; font-size: 11pt; } nav { display: none; } pre { max-height: none; } svg, tr, .key div { break-inside: avoid; } h2, h3, h4 { break-after: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; } }
`;
