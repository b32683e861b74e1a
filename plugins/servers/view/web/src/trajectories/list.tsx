/** The rows that can be seen, of however many there are. */
import { Link } from "wouter";
import type { DimensionFigures, TrajectoryRow } from "../../../src/api.ts";
import { FateMark, isWrong, Line } from "../parts.tsx";
import { count, score, shownLine } from "../shown-text.ts";
import { useVirtualGrid } from "../virtual-grid.ts";

interface ListProps {
  readonly rows: readonly TrajectoryRow[];
  /** The filter that they are of; undefined while those of the one before are shown. */
  readonly shows: string | undefined;
  readonly total: number;
  readonly dimensions: readonly DimensionFigures[];
  readonly params: URLSearchParams;
  readonly set: (name: string, value: string | readonly string[] | null) => void;
  /** Asks for the next page; undefined where there is none, or it is on its way. */
  readonly more: (() => void) | undefined;
  readonly address: (id: string) => string;
  readonly open: (id: string) => void;
}

const SHOWN_DIMENSIONS = 4;

export function List({ rows, shows, total, dimensions, params, set, more, address, open }: ListProps) {
  const openRow = (index: number) => {
    const row = rows[index];
    if (row !== undefined) open(row.id);
  };
  const { place, active, setActive, items, height, pressed } = useVirtualGrid({ count: rows.length, more, open: openRow });
  const columns = shownDimensions(dimensions, params);
  const template = { "--scores": String(columns.length) } as React.CSSProperties;
  return (
    <div
      ref={place}
      className="list"
      role="grid"
      aria-label="Trajectories"
      aria-rowcount={total + 1}
      aria-activedescendant={rows[active] === undefined ? undefined : `row-${active}`}
      tabIndex={0}
      onKeyDown={pressed}
      style={template}
      aria-busy={shows === undefined}
      data-query={shows}
    >
      <div className="list-head" role="row" aria-rowindex={1}>
        <Head name="#" sort="position" {...{ params, set }} />
        <Head name="question" />
        <Head name="fate" />
        <Head name="cause" />
        <Head name="task" />
        <Head name="calls" sort="calls" {...{ params, set }} />
        <Head name="tokens" sort="tokens" {...{ params, set }} />
        {columns.map((name) => (
          <Head key={name} name={name} sort={`score:${name}`} {...{ params, set }} />
        ))}
      </div>
      <div role="rowgroup" className="list-rows" style={{ height }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          return row === undefined ? null : (
            <Row key={row.id} {...{ row, index, start, columns }} active={index === active} href={address(row.id)} choose={() => setActive(index)} />
          );
        })}
      </div>
      {rows.length === 0 ? <p className="quiet empty">Nothing matches.</p> : null}
    </div>
  );
}

/** Those that tell most, and what the list is sorted or narrowed by. */
function shownDimensions(dimensions: readonly DimensionFigures[], params: URLSearchParams): readonly string[] {
  const sort = params.get("sort") ?? "";
  const asked = [
    sort.startsWith("score:") ? sort.slice("score:".length) : "",
    ...params.getAll("range").map((range) => range.replace(/:[^:]*$/s, "")),
  ];
  const named = [...new Set(asked)].filter((asking) => dimensions.some(({ name }) => name === asking));
  const first = tellingMost(dimensions);
  return [...first, ...named.filter((name) => !first.includes(name))];
}

/** In which good and bad trajectories differ most: what repairs have changed most, in the run's order; the run's first ones where nothing was repaired. */
function tellingMost(dimensions: readonly DimensionFigures[]): readonly string[] {
  const change = ({ mean: { before, after } }: DimensionFigures) => (before === null || after === null ? 0 : Math.abs(after - before));
  const chosen = dimensions.toSorted((a, b) => change(b) - change(a)).slice(0, SHOWN_DIMENSIONS);
  return dimensions.filter((one) => chosen.includes(one)).map(({ name }) => name);
}

function Head({ name, sort, params, set }: { readonly name: string; readonly sort?: string } & Partial<Pick<ListProps, "params" | "set">>) {
  if (sort === undefined || params === undefined || set === undefined) {
    return <span role="columnheader">{name}</span>;
  }
  const now = (params.get("sort") ?? "position") === sort;
  const descending = params.get("order") === "desc";
  const choose = () => {
    set("sort", sort === "position" ? null : sort);
    set("order", now && !descending ? "desc" : null);
  };
  return (
    <span
      role="columnheader"
      tabIndex={-1}
      aria-sort={now ? (descending ? "descending" : "ascending") : "none"}
      className={sort === "position" ? "" : "number"}
    >
      <button type="button" onClick={choose} title={`Sort by ${shownLine(name)}`}>
        <Line>{name}</Line>
        <span aria-hidden="true">{now ? (descending ? " ↓" : " ↑") : ""}</span>
      </button>
    </span>
  );
}

interface RowProps {
  readonly row: TrajectoryRow;
  readonly index: number;
  readonly start: number;
  readonly columns: readonly string[];
  readonly active: boolean;
  readonly href: string;
  readonly choose: () => void;
}

function Row({ row, index, start, columns, active, href, choose }: RowProps) {
  const { position, ordinal, origin, question, fate, cause, task, toolCalls, tokens, scores, repairer } = row;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys
    <div
      id={`row-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={active}
      className="list-row"
      style={{ transform: `translateY(${start}px)` }}
      onClick={choose}
    >
      <span role="gridcell" className="number quiet">
        {origin === "repair" ? "↳" : `${position + 1}.${ordinal}`}
      </span>
      <span role="gridcell">
        <Link href={href}>
          <Line>{question === "" ? "(no question)" : question}</Line>
        </Link>
      </span>
      <span role="gridcell">
        <FateMark fate={fate} />
        {repairer === null ? null : <span className="quiet"> {shownLine(repairer)}</span>}
      </span>
      <span role="gridcell" className="quiet">
        <Line>{cause ?? ""}</Line>
      </span>
      <span role="gridcell" className="quiet">
        <Line>{task ?? ""}</Line>
      </span>
      <span role="gridcell" className="number">
        {toolCalls}
      </span>
      <span role="gridcell" className="number">
        {count(tokens)}
      </span>
      {columns.map((name) => (
        <span key={name} role="gridcell" className="number" data-low={isWrong(name, scores[name]) || undefined}>
          {score(scores[name])}
        </span>
      ))}
    </div>
  );
}
