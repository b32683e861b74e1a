/** The list: filtered, sorted, searched, walked through by keyboard. Also the list of repairs, which is the same one narrowed. */
import { useEffect } from "react";
import { useLocation } from "wouter";
import { useActFacets } from "../curation/acts.ts";
import { useCount, useOverview, useTrajectories } from "../data.ts";
import { useFilter } from "../filter.ts";
import { IndexState } from "../index-state.tsx";
import { Failure, repairAddress, trajectoryAddress, Waiting } from "../parts.tsx";
import { count } from "../shown-text.ts";
import { Filters } from "./filters.tsx";
import { rememberList } from "./last-list.ts";
import { List } from "./list.tsx";

export type ListView = "trajectories" | "repairs";

/** What has a repair to be looked at. */
const WITH_REPAIRS = ["repaired", "hard"];

export function TrajectoriesPage({ run, view }: { readonly run: string; readonly view: ListView }) {
  const { params, set, clear, query: given } = useFilter();
  const query = view === "repairs" && !params.has("fate") ? withFates(given) : given;
  const [location, go] = useLocation();
  const facets = useActFacets(run).data;
  const acts = params.has("act") || params.has("tag") ? (facets?.stamp ?? "") : "";
  const list = useTrajectories(run, query, acts);
  const matches = useCount(run, query, acts);
  const overview = useOverview(run);
  useEffect(() => rememberList(`${location}?${params}`), [location, params]);
  const index = list.data?.pages.at(-1)?.index;
  const rows = list.data?.pages.flatMap((page) => page.rows) ?? [];
  const scored = (overview.data?.figures.dimensions ?? []).filter(({ mean }) => mean.candidates !== null || mean.after !== null);
  const address = (id: string) => (view === "repairs" ? repairAddress(run, id) : trajectoryAddress(run, id));
  return (
    <div className="page page-list">
      <h1 className="visually-hidden">{view === "repairs" ? "Repairs" : "Trajectories"}</h1>
      {index === undefined ? null : <IndexState index={index} />}
      <Filters params={params} set={set} clear={clear} figures={overview.data?.figures} facets={facets} view={view} />
      <p className="matches" role="status">
        {matches.data === undefined
          ? ""
          : `${matches.data.atLeast ? "more than " : ""}${count(matches.data.count)} ${view === "repairs" ? "with repairs" : "trajectories"}`}
      </p>
      {list.error !== null && list.data === undefined ? <Failure error={list.error} /> : null}
      {list.data === undefined && list.error === null ? <Waiting what="Reading the list" /> : null}
      {list.data === undefined ? null : (
        <List
          rows={rows}
          shows={list.isPlaceholderData ? undefined : query}
          total={matches.data?.count ?? rows.length}
          dimensions={scored}
          params={params}
          set={set}
          more={list.hasNextPage && !list.isFetchingNextPage ? () => void list.fetchNextPage() : undefined}
          address={address}
          open={(id) => go(address(id))}
        />
      )}
    </div>
  );
}

function withFates(query: string): string {
  const narrowed = new URLSearchParams(query);
  for (const fate of WITH_REPAIRS) narrowed.append("fate", fate);
  return narrowed.toString();
}
