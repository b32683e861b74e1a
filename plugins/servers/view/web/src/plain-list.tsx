/** A long list with columns of its own, whose first column is a link: pairs, questions. */
import type { CSSProperties, ReactNode } from "react";
import { Link, useLocation } from "wouter";
import { Line } from "./parts.tsx";
import { useVirtualGrid } from "./virtual-grid.ts";

export interface Column<Row> {
  readonly name: string;
  readonly show: (row: Row) => ReactNode;
  /** In CSS. */
  readonly width: string;
  readonly isNumber?: boolean;
  /** Sorts by it. */
  readonly head?: ReactNode;
  readonly sorted?: "ascending" | "descending" | "none";
}

export interface PlainListProps<Row> {
  readonly label: string;
  readonly rows: readonly Row[];
  readonly total: number;
  readonly keyOf: (row: Row) => string | number;
  /** What is linked, and whereto. */
  readonly title: (row: Row) => string;
  readonly address: (row: Row) => string;
  readonly titled: string;
  readonly columns: readonly Column<Row>[];
  readonly more: (() => void) | undefined;
  readonly busy: boolean;
}

const LINK_WIDTH = "minmax(200px, 1fr)";

export function PlainList<Row>({ label, rows, total, keyOf, title, address, titled, columns, more, busy }: PlainListProps<Row>) {
  const [, go] = useLocation();
  const open = (index: number) => {
    const row = rows[index];
    if (row !== undefined) go(address(row));
  };
  const { place, active, setActive, items, height, pressed } = useVirtualGrid({ count: rows.length, more, open });
  const template = [LINK_WIDTH, ...columns.map(({ width }) => width)].join(" ");
  return (
    <div
      ref={place}
      className="list plain-list"
      role="grid"
      aria-label={label}
      aria-rowcount={total + 1}
      aria-busy={busy}
      aria-activedescendant={rows[active] === undefined ? undefined : `row-${active}`}
      tabIndex={0}
      onKeyDown={pressed}
      style={{ "--columns": template } as CSSProperties}
    >
      <div className="list-head" role="row" aria-rowindex={1}>
        <span role="columnheader">{titled}</span>
        {columns.map(({ name, head, sorted, isNumber }) => (
          <span key={name} role="columnheader" aria-sort={sorted} className={isNumber === true ? "number" : ""}>
            {head ?? name}
          </span>
        ))}
      </div>
      <div role="rowgroup" className="list-rows" style={{ height }}>
        {items.map(({ index, start }) => {
          const row = rows[index];
          return row === undefined ? null : (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the grid takes the keys
            <div
              key={keyOf(row)}
              id={`row-${index}`}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={index === active}
              className="list-row"
              style={{ transform: `translateY(${start}px)` }}
              onClick={() => setActive(index)}
            >
              <span role="gridcell">
                <Link href={address(row)}>
                  <Line>{title(row) === "" ? "(no question)" : title(row)}</Line>
                </Link>
              </span>
              {columns.map(({ name, show, isNumber }) => (
                <span key={name} role="gridcell" className={isNumber === true ? "number" : ""}>
                  {show(row)}
                </span>
              ))}
            </div>
          );
        })}
      </div>
      {rows.length === 0 ? <p className="quiet empty">Nothing matches.</p> : null}
    </div>
  );
}
