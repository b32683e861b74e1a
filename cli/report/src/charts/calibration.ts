/** How sure a reward model is of its pairs, beside how often it is right about them. */
import type { RewardModelReport } from "@autotraj/core";
import { scaleLinear } from "d3-scale";
import { html, type Markup } from "../written/markup.ts";
import { drawing, fixed, line, text, ticksBelow, ticksLeft } from "./frame.ts";

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [360, 300, 48, 16, 12, 40];
/** A chosen side is predicted to be better at least half of the time. */
const LEAST = 0.5;

export function calibrationChart({ calibration }: RewardModelReport): Markup | undefined {
  if (calibration.length === 0) return undefined;
  const least = Math.min(LEAST, ...calibration.map(({ observed }) => observed));
  const x = scaleLinear([LEAST, 1], [LEFT, WIDTH - RIGHT]);
  const y = scaleLinear([least, 1], [HEIGHT - BOTTOM, TOP]);
  const dots = calibration.map(
    ({ predicted, observed, pairs }) =>
      html`<circle cx="${fixed(x(Math.max(predicted, LEAST)))}" cy="${fixed(y(observed))}" r="5" class="value"><title>predicted ${predicted.toFixed(2)}, observed ${observed.toFixed(2)}, ${pairs} pairs</title></circle>`,
  );
  const title = `Share of held-out pairs told apart, by how sure the reward model is: ${calibration.map(({ predicted, observed }) => `${predicted.toFixed(2)} predicted, ${observed.toFixed(2)} observed`).join("; ")}`;
  return drawing({ width: WIDTH, height: HEIGHT, title }, [
    ticksBelow(x, TOP, HEIGHT - BOTTOM, 5),
    ticksLeft(y, LEFT, WIDTH - RIGHT, 5),
    line(x(LEAST), y(LEAST), x(1), y(1), "change"),
    dots,
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, "predicted share right; the line: as predicted", "label", "middle"),
  ]);
}
