/** A chart of uPlot's: as wide as its place, in the page's colours, drawn anew where one of these changes. */
import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";

export interface ChartProps {
  /** Tells charts apart: what it is drawn of. */
  readonly of: string;
  readonly height: number;
  readonly data: uPlot.AlignedData;
  /** @param colour of the page, by its name without dashes */
  readonly options: (colour: (name: string) => string) => Omit<uPlot.Options, "width" | "height">;
  readonly className: string;
  readonly title?: string;
}

const LEAST_PX = 80;
export const AXIS_FONT = "10px system-ui";

export function Chart({ of, height, data, options, className, title }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const latest = useRef({ data, options });
  latest.current = { data, options };
  // biome-ignore lint/correctness/useExhaustiveDependencies: `of` stands for data and options, which are new objects at each look
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const colour = (name: string) =>
      getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim() || (scheme === "dark" ? "#fff" : "#000");
    const width = () => Math.max(element.clientWidth, LEAST_PX);
    const chart = new uPlot({ ...latest.current.options(colour), width: width(), height }, latest.current.data, element);
    const resized = new ResizeObserver(() => chart.setSize({ width: width(), height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      chart.destroy();
    };
  }, [of, scheme, height]);
  return <div ref={place} className={className} title={title} />;
}
