/** What the list is narrowed by. All of it stands in the address. */
import { Button, CloseButton, MultiSelect, NumberInput, Popover, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback, useHotkeys } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import type { ActFacets, Facet, IndexedFigures } from "../../../src/api.ts";
import { FATES, type Range, rangesIn, rangeText } from "../filter.ts";
import { count, shownLine } from "../shown-text.ts";
import type { ListView } from "./page.tsx";

interface FilterProps {
  readonly params: URLSearchParams;
  readonly set: (name: string, value: string | readonly string[] | null) => void;
  readonly clear: () => void;
  readonly figures: IndexedFigures | undefined;
  readonly facets: ActFacets | undefined;
  readonly view: ListView;
}

const TYPING_MS = 250;
/** For none, one and more of them, so that what is chosen can be read. */
const FATE_WIDTHS = [140, 180, 250];

export function Filters({ params, set, clear, figures, facets, view }: FilterProps) {
  const ranges = rangesIn(params);
  const setRanges = (next: readonly Range[]) => set("range", next.map(rangeText));
  const dimensions = (figures?.dimensions ?? []).map(({ name }) => name);
  const isFiltered = [...params.keys()].some((name) => name !== "sort" && name !== "order");
  return (
    <search className="filters">
      <Search value={params.get("text") ?? ""} set={(text) => set("text", text)} />
      {view === "repairs" ? null : (
        <MultiSelect
          size="xs"
          aria-label="Fate"
          placeholder={params.has("fate") ? "" : "any fate"}
          data={[...FATES]}
          value={params.getAll("fate")}
          onChange={(fates) => set("fate", fates)}
          clearable
          w={FATE_WIDTHS[Math.min(params.getAll("fate").length, 2)]}
        />
      )}
      <Choice name="cause" value={params.get("cause")} set={set} choices={[...new Set((figures?.causes ?? []).map(({ cause }) => cause))]} />
      <Choice name="task" value={params.get("task")} set={set} choices={(figures?.tasks ?? []).map(({ name }) => name)} />
      <Choice name="tool" value={params.get("tool")} set={set} choices={(figures?.tools ?? []).map(({ name }) => name)} />
      <Choice name="repairer" value={params.get("repairer")} set={set} choices={(figures?.repairers ?? []).map(({ repairer }) => repairer)} />
      <ByHand chosen={params.getAll("act")} set={set} acts={facets?.acts ?? []} />
      <Choice name="tag" value={params.get("tag")} set={set} choices={(facets?.tags ?? []).map(({ name }) => name)} />
      {ranges.map((range) => (
        <span key={range.dimension} className="range-tag">
          {shownLine(range.dimension)} {range.from === "" ? "…" : range.from} to {range.to === "" ? "…" : range.to}
          <CloseButton
            size="xs"
            aria-label={`Remove the range of ${range.dimension}`}
            onClick={() => setRanges(ranges.filter((one) => one !== range))}
          />
        </span>
      ))}
      <AddRange dimensions={dimensions} add={(range) => setRanges([...ranges.filter(({ dimension }) => dimension !== range.dimension), range])} />
      {isFiltered ? (
        <Button size="compact-xs" variant="subtle" color="gray" onClick={clear}>
          Clear
        </Button>
      ) : null}
    </search>
  );
}

/** Searches while somebody types, and follows the address when that changes. */
function Search({ value, set }: { readonly value: string; readonly set: (text: string) => void }) {
  const [typed, type] = useState(value);
  const field = useRef<HTMLInputElement>(null);
  const later = useDebouncedCallback(set, TYPING_MS);
  useEffect(() => type(value), [value]);
  useHotkeys([["/", () => field.current?.focus()]]);
  return (
    <TextInput
      ref={field}
      size="xs"
      type="search"
      aria-label="Search in questions, texts and answers"
      placeholder="Search: words, or &quot;a phrase&quot;"
      title="In questions, texts and answers: all words must be there; words in quotes as they stand; the last word may be a beginning"
      value={typed}
      onChange={({ currentTarget }) => {
        type(currentTarget.value);
        later(currentTarget.value);
      }}
      w={260}
    />
  );
}

interface ByHandProps {
  readonly chosen: readonly string[];
  readonly set: FilterProps["set"];
  readonly acts: readonly Facet[];
}

/** What people have done to the rows. Nothing where nobody has done anything. */
function ByHand({ chosen, set, acts }: ByHandProps) {
  if (acts.length + chosen.length === 0) return null;
  const names = [...new Set([...acts.map(({ name }) => name), ...chosen])];
  const many = (name: string) => count(acts.find((act) => act.name === name)?.count ?? 0);
  return (
    <MultiSelect
      size="xs"
      aria-label="By hand"
      placeholder={chosen.length === 0 ? "by hand" : ""}
      data={names.map((name) => ({ value: name, label: `${shownLine(name)} ${many(name)}` }))}
      value={[...chosen]}
      onChange={(next) => set("act", next)}
      clearable
      w={chosen.length > 1 ? 240 : 140}
    />
  );
}

type ChoiceName = "cause" | "task" | "tool" | "repairer" | "tag";

function Choice({
  name,
  value,
  set,
  choices,
}: {
  readonly name: ChoiceName;
  readonly value: string | null;
  readonly set: FilterProps["set"];
  readonly choices: readonly string[];
}) {
  if (choices.length === 0 && value === null) return null;
  const known = value === null || choices.includes(value) ? choices : [value, ...choices];
  return (
    <Select
      size="xs"
      aria-label={name}
      placeholder={`any ${name}`}
      data={known.map((choice) => ({ value: choice, label: shownLine(choice) }))}
      value={value}
      onChange={(chosen) => set(name, chosen)}
      searchable
      clearable
      w={140}
    />
  );
}

function AddRange({ dimensions, add }: { readonly dimensions: readonly string[]; readonly add: (range: Range) => void }) {
  const [dimension, setDimension] = useState<string | null>(null);
  const [from, setFrom] = useState<string | number>("");
  const [to, setTo] = useState<string | number>("");
  const [opened, setOpened] = useState(false);
  if (dimensions.length === 0) return null;
  const submit = () => {
    if (dimension === null) return;
    add({ dimension, from: String(from), to: String(to) });
    setOpened(false);
  };
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" trapFocus shadow="sm">
      <Popover.Target>
        <Button size="compact-xs" variant="default" onClick={() => setOpened(!opened)}>
          Score range
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          className="range-form"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <Select
            size="xs"
            label="Dimension"
            data={dimensions.map((name) => ({ value: name, label: shownLine(name) }))}
            value={dimension}
            onChange={setDimension}
            searchable
            comboboxProps={{ withinPortal: false }}
          />
          <NumberInput size="xs" label="From" step={0.1} value={from} onChange={setFrom} />
          <NumberInput size="xs" label="To" step={0.1} value={to} onChange={setTo} />
          <Button size="xs" type="submit" disabled={dimension === null}>
            Filter
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
