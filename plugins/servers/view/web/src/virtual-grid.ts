/** A long list of which only what can be seen is there, walked through by keyboard. The rows of its grid are the caller's. */
import { useHotkeys } from "@mantine/hooks";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";

const ROW_PX = 30;
/** So many rows before the end the next page is asked for. */
const AHEAD = 30;

export interface GridSettings {
  readonly count: number;
  /** Asks for the next page; undefined where there is none, or it is on its way. */
  readonly more: (() => void) | undefined;
  readonly open: (index: number) => void;
}

export function useVirtualGrid({ count, more, open }: GridSettings) {
  const place = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const virtual = useVirtualizer({ count, getScrollElement: () => place.current, estimateSize: () => ROW_PX, overscan: 12 });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= count - AHEAD) more?.();
  }, [last, count, more]);
  const move = (to: number) => {
    const next = Math.max(0, Math.min(count - 1, to));
    setActive(next);
    virtual.scrollToIndex(next);
    place.current?.focus({ preventScroll: true });
  };
  useHotkeys([
    ["j", () => move(active + 1)],
    ["k", () => move(active - 1)],
  ]);
  const pressed = (event: KeyboardEvent) => {
    const to: Readonly<Record<string, number>> = {
      ...{ ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: count - 1 },
      ...{ PageDown: active + 20, PageUp: active - 20 },
    };
    const next = to[event.key];
    if (next !== undefined) move(next);
    else if (event.key === "Enter" && event.target === place.current && active < count) open(active);
    else return;
    event.preventDefault();
  };
  return { place, active, setActive, items, height: virtual.getTotalSize(), pressed };
}
