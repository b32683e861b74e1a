/** Pairs of a preferred trajectory and another one: which there are, and which of them the reward model tells apart. */
import { NativeSelect } from "@mantine/core";
import { useEffect } from "react";
import { useLocation } from "wouter";
import type { PairPage, PairRow } from "../../../src/learning-api.ts";
import { useFilter } from "../filter.ts";
import { usePairs, useRewardModels } from "../learning-data.ts";
import { Failure, Line, Section, Waiting } from "../parts.tsx";
import { type Column, PlainList } from "../plain-list.tsx";
import { count, shownLine } from "../shown-text.ts";
import { rememberList } from "../trajectories/last-list.ts";
import { RewardModel } from "./reward-model.tsx";
import { BAG_OF_WORDS, Margin, preferred } from "./verdicts.tsx";

/** What of the address a list of one set is. */
export const LIST = ["kind", "told", "sort", "order"];

export function PairsPage({ run }: { readonly run: string }) {
  const { params, set, query } = useFilter(["set", ...LIST]);
  const [location] = useLocation();
  const pairs = usePairs(run, query);
  const models = useRewardModels(run);
  useEffect(() => rememberList(`${location}?${params}`, "pairs"), [location, params]);
  const first = pairs.data?.pages[0];
  if (first === undefined) return pairs.error === null ? <Waiting what="Reading the pairs" /> : <Failure error={pairs.error} />;
  return (
    <div className="page">
      <h1 className="page-title">Pairs</h1>
      {first.sets.length === 0 ? (
        <p className="quiet">The run has no pairs yet: they are written when its questions are done, of accepted repairs and of siblings.</p>
      ) : (
        <>
          {models.data?.models.map((model) => (
            <RewardModel key={model.name} model={model} />
          ))}
          <Section title="Pair by pair">
            <PairFilters first={first} params={params} set={set} />
            <p className="matches" role="status">
              {count(first.count)} pairs
            </p>
            <PlainList<PairRow>
              label="Pairs"
              titled="question"
              rows={pairs.data?.pages.flatMap(({ rows }) => rows) ?? []}
              total={first.count}
              keyOf={({ place }) => place}
              title={({ question }) => question}
              address={({ place }) => pairAddress(run, { set: first.set ?? "", place, query: inSet(query) })}
              columns={columnsOf(params, set)}
              more={pairs.hasNextPage && !pairs.isFetchingNextPage ? () => void pairs.fetchNextPage() : undefined}
              busy={pairs.isPlaceholderData}
            />
          </Section>
        </>
      )}
    </div>
  );
}

export function pairAddress(run: string, { set, place, query }: { readonly set: string; readonly place: number; readonly query: string }): string {
  return `/r/${encodeURIComponent(run)}/pairs/${encodeURIComponent(set)}/${place}${query === "" ? "" : `?${query}`}`;
}

function inSet(query: string): string {
  const params = new URLSearchParams(query);
  params.delete("set");
  return params.toString();
}

type SetFilter = ReturnType<typeof useFilter>["set"];

const TOLD = [
  { value: "", label: "any" },
  { value: "wrong", label: "the reward model gets wrong" },
  { value: "right", label: "the reward model gets right" },
  { value: "unscored", label: "without its score" },
];

function PairFilters({ first, params, set }: { readonly first: PairPage; readonly params: URLSearchParams; readonly set: SetFilter }) {
  return (
    <search className="filters">
      <NativeSelect
        size="xs"
        aria-label="Which pairs"
        data={first.sets.map(({ name, pairs }) => ({ value: name, label: `${shownLine(name)} (${count(pairs)})` }))}
        value={first.set ?? ""}
        onChange={({ currentTarget }) => {
          set("kind", null);
          set("set", currentTarget.value);
        }}
      />
      <NativeSelect
        size="xs"
        aria-label="Kind"
        data={[{ value: "", label: "any kind" }, ...first.kinds.map((kind) => ({ value: kind, label: shownLine(kind) }))]}
        value={params.get("kind") ?? ""}
        onChange={({ currentTarget }) => set("kind", currentTarget.value)}
      />
      <NativeSelect
        size="xs"
        aria-label="Told apart"
        data={TOLD}
        value={params.get("told") ?? ""}
        onChange={({ currentTarget }) => set("told", currentTarget.value)}
      />
    </search>
  );
}

function columnsOf(params: URLSearchParams, set: SetFilter): readonly Column<PairRow>[] {
  const sorted = params.get("sort") !== "margin" ? "none" : params.get("order") === "desc" ? "descending" : "ascending";
  const choose = () => {
    set("sort", sorted === "descending" ? null : "margin");
    set("order", sorted === "ascending" ? "desc" : null);
  };
  return [
    { name: "kind", width: "150px", show: ({ kind, edit }) => <Line>{edit === null ? kind : `edit: ${edit}`}</Line> },
    { name: "task", width: "110px", show: ({ task }) => <Line>{task ?? ""}</Line> },
    {
      name: "margin",
      width: "90px",
      isNumber: true,
      sorted,
      head: (
        <button type="button" onClick={choose} title="Sort by margin">
          margin<span aria-hidden="true">{{ none: "", ascending: " ↑", descending: " ↓" }[sorted]}</span>
        </button>
      ),
      show: ({ margin }) => <Margin margin={margin} />,
    },
    { name: BAG_OF_WORDS, width: "110px", show: ({ rules }) => preferred(rules?.[BAG_OF_WORDS]) },
  ];
}
