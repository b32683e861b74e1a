/** One figure of a training over its steps. */
import { scaleLinear } from "d3-scale";
import { line as path } from "d3-shape";
import { count } from "../figures/numbers.ts";
import { html, type Markup } from "../written/markup.ts";
import { drawing, fixed, text, tickBelow, ticksLeft } from "./frame.ts";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [340, 190, 56, 12, 26, 24];

export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [step: number, value: number])[];
}

export function curveChart(stage: string, { name, points }: Curve): Markup {
  const [steps, values] = [points.map(([step]) => step), points.map(([, value]) => value)];
  const x = scaleLinear(spanOf(steps), [LEFT, WIDTH - RIGHT]);
  const y = scaleLinear(spanOf(values), [HEIGHT - BOTTOM, TOP]).nice(4);
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  const title = `${name} of ${stage} over ${steps.length} steps: from ${first.toPrecision(3)} to ${last.toPrecision(3)}`;
  const d = path<readonly [number, number]>(
    ([step]) => fixed(x(step)),
    ([, value]) => fixed(y(value)),
  )([...points]);
  return drawing({ width: WIDTH, height: HEIGHT, title }, [
    text(LEFT, 14, name, "label"),
    x
      .ticks(4)
      .filter(Number.isInteger)
      .map((step) => tickBelow(x, step, count(step), TOP, HEIGHT - BOTTOM)),
    ticksLeft(y, LEFT, WIDTH - RIGHT, 4),
    points.length === 1
      ? html`<circle cx="${fixed(x(steps[0] ?? 0))}" cy="${fixed(y(first))}" r="3" class="value"/>`
      : html`<path d="${d ?? ""}" class="curve"/>`,
  ]);
}

/** Never of no width. */
function spanOf(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return high > low ? [low, high] : [low - 0.5, high + 0.5];
}
