/** A study as a picture: for each arm a dot per seed, the mean over them and its interval. Plain SVG, readable on light and dark. */
import type { ArmResult, StudyResult } from "./result.ts";

const WIDTH = 720;
const ROW = 44;
const [LEFT, RIGHT, TOP, BOTTOM] = [170, 30, 56, 44];
const [INK, FAINT, DOT] = ["#666", "#bbb", "#2a6fbb"];

export function pictureOf({ study, arms, references, measure }: StudyResult): string {
  const height = TOP + arms.length * ROW + BOTTOM;
  const span = spanOf(arms);
  const x = (value: number) => LEFT + ((value - span.low) / (span.high - span.low)) * (WIDTH - LEFT - RIGHT);
  const bottom = TOP + arms.length * ROW;
  const untrained = references.at(-1);
  const base = untrained?.greedy?.value;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13" role="img">`,
    `<title>${escaped(`${study}: mean right by arm; a dot for each seed, the line is the 95 % interval over seeds and questions`)}</title>`,
    text(LEFT, 24, study, `font-size="16" fill="${INK}"`),
    text(
      LEFT,
      42,
      `share ${measure === "greedy" ? "right" : "of right samples"}; dots: seeds; bar and line: mean and 95 % interval`,
      `font-size="11" fill="${INK}"`,
    ),
    ...ticksOf(span).flatMap((tick) => [
      line(x(tick), TOP, x(tick), bottom, FAINT, 1),
      text(x(tick), bottom + 18, tick.toFixed(2), `text-anchor="middle" fill="${INK}"`),
    ]),
    ...(base === undefined || measure !== "greedy" || base < span.low || base > span.high
      ? []
      : [
          `<line x1="${fixed(x(base))}" y1="${TOP}" x2="${fixed(x(base))}" y2="${bottom}" stroke="${INK}" stroke-dasharray="4 3"/>`,
          text(x(base), bottom + 34, untrained?.model ?? "", `text-anchor="middle" font-size="11" fill="${INK}"`),
        ]),
    ...arms.flatMap((arm, index) => armMarks(arm, TOP + index * ROW + ROW / 2, x)),
    "</svg>",
    "",
  ].join("\n");
}

function armMarks({ arm, runs, mean }: ArmResult, y: number, x: (value: number) => number): readonly string[] {
  const name = text(LEFT - 12, y + 4, arm.length > 22 ? `${arm.slice(0, 21)}…` : arm, `text-anchor="end" fill="${INK}"`);
  if (mean === null || mean.n === 0) return [name];
  return [
    name,
    line(x(mean.low), y, x(mean.high), y, DOT, 2),
    ...[mean.low, mean.high].map((end) => line(x(end), y - 4, x(end), y + 4, DOT, 2)),
    line(x(mean.value), y - 10, x(mean.value), y + 10, DOT, 4),
    // Seeds of one value stand beside each other, above the line.
    ...runs.map((run, index) => {
      const before = runs.slice(0, index).filter((other) => other.mean === run.mean).length;
      return `<circle cx="${fixed(x(run.mean) + before * 5)}" cy="${fixed(y - 13)}" r="4" fill="${DOT}" fill-opacity="0.55"><title>seed ${run.seed}: ${run.mean.toFixed(3)}</title></circle>`;
    }),
  ];
}

interface Span {
  readonly low: number;
  readonly high: number;
}

/** All that is drawn, in whole tenths. */
function spanOf(arms: readonly ArmResult[]): Span {
  const drawn = arms.flatMap(({ runs, mean }) => [...runs.map((run) => run.mean), ...(mean === null ? [] : [mean.low, mean.high])]);
  if (drawn.length === 0) return { low: 0, high: 1 };
  const low = Math.max(0, Math.floor(Math.min(...drawn) * 10 - 1e-9) / 10);
  const high = Math.min(1, Math.ceil(Math.max(...drawn) * 10 + 1e-9) / 10);
  return high > low ? { low, high } : { low: Math.max(0, low - 0.1), high: Math.min(1, high + 0.1) };
}

function ticksOf({ low, high }: Span): readonly number[] {
  const step = high - low > 0.45 ? 0.1 : 0.05;
  return Array.from({ length: Math.round((high - low) / step) + 1 }, (_, index) => low + index * step);
}

function line(x1: number, y1: number, x2: number, y2: number, colour: string, width: number): string {
  return `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" stroke="${colour}" stroke-width="${width}"/>`;
}

function text(x: number, y: number, said: string, attributes: string): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" ${attributes}>${escaped(said)}</text>`;
}

function fixed(value: number): string {
  return String(Number(value.toFixed(1)));
}

function escaped(said: string): string {
  return said.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
