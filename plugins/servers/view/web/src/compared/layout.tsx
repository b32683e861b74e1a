/** Side by side or inline, as the address says; `d` changes it. */
import { SegmentedControl } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import type { ReactNode } from "react";
import { useAddress } from "../address.ts";

export interface Layout {
  readonly value: "split" | "inline";
  readonly control: ReactNode;
}

export function useLayout(): Layout {
  const { params, set } = useAddress();
  const value = params.get("layout") === "inline" ? "inline" : "split";
  useHotkeys([["d", () => set("layout", value === "split" ? "inline" : "split")]]);
  return {
    value,
    control: (
      <SegmentedControl
        size="xs"
        aria-label="How the two are compared"
        data={[
          { value: "split", label: "Side by side" },
          { value: "inline", label: "Inline" },
        ]}
        value={value}
        onChange={(next) => set("layout", next)}
      />
    ),
  };
}
