/** Small pieces that every page uses. */
import { Alert, Loader } from "@mantine/core";
import type { ReactNode } from "react";
import type { Fate, TrajectoryRow, TrajectoryView } from "../../src/api.ts";
import { count, shown, shownLine } from "./shown-text.ts";

const MEANINGS: Readonly<Record<Fate, string>> = {
  kept: "A candidate that is learnt from as it is",
  repaired: "A candidate of which a repair was accepted",
  hard: "A candidate whose repairs were all refused",
  discarded: "Neither learnt from nor repaired",
  failed: "Something broke while it was written",
  pending: "Its repair is under way",
  accepted: "A repair that is learnt from",
  refused: "A repair that the gate did not keep",
};

/** What became of a trajectory: a coloured mark, and always the word. */
export function FateMark({ fate }: { readonly fate: Fate }) {
  return (
    <span className="fate" data-fate={fate} title={MEANINGS[fate]}>
      {fate}
    </span>
  );
}

/** What is less worth seeing: behind a line that says how many there are; nothing where there are none. */
export function Folded(given: { readonly items: readonly unknown[]; readonly one: string; readonly several: string; readonly children: ReactNode }) {
  const { items, one, several, children } = given;
  if (items.length === 0) return null;
  return (
    <details>
      <summary>{items.length === 1 ? one : `${count(items.length)} ${several}`}</summary>
      {children}
    </details>
  );
}

/** Foreign text on one line, kept apart from the direction of what stands around it. */
export function Line({ children }: { readonly children: string }) {
  return <bdi className="line">{shownLine(children)}</bdi>;
}

/** From half on an answer counts as right; of other dimensions nobody but the preset's gate knows how much is enough. */
export function isWrong(dimension: string, value: number | null | undefined): boolean {
  return dimension === "correctness" && value !== null && value !== undefined && value < 0.5;
}

/** `4.1` is the second candidate of the fourth question; its repairs are counted behind it. */
export function nameOf(row: TrajectoryRow, related: readonly TrajectoryRow[]): string {
  if (row.origin !== "repair") return `${row.position + 1}.${row.ordinal}`;
  return `repair ${related.filter(({ parent }) => parent === row.parent).findIndex(({ id }) => id === row.id) + 1}`;
}

export function Verdict({ trajectory: { verdict } }: { readonly trajectory: Pick<TrajectoryView, "verdict"> }) {
  if (verdict === null) return <p className="quiet">No gate has judged it yet.</p>;
  const { meaning, reason, cause, by } = verdict;
  return (
    <div className="verdict">
      <p>
        <strong>{meaning}</strong>
        {cause === undefined ? null : <span className="tag">{shownLine(cause)}</span>}
        {by === undefined ? null : <span className="quiet"> by {shownLine(by)}</span>}
      </p>
      <p>
        <bdi>{shown(reason)}</bdi>
      </p>
    </div>
  );
}

export function Failure({ error }: { readonly error: Error }) {
  return (
    <Alert color="red" variant="outline" title="This cannot be shown" m="md">
      {shown(error.message)}
    </Alert>
  );
}

export function Waiting({ what }: { readonly what: string }) {
  return (
    <p className="waiting" role="status">
      <Loader size="xs" /> {what}
    </p>
  );
}

/** A section with its heading. */
export function Section({ title, aside, children }: { readonly title: string; readonly aside?: ReactNode; readonly children: ReactNode }) {
  return (
    <section className="section">
      <header>
        <h2>{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}

/** The head of a table, a name per column; `{ number }` names a column of numbers. */
export function TableHead({ columns }: { readonly columns: readonly (string | { readonly number: string })[] }) {
  return (
    <thead>
      <tr>
        {columns.map((column) => {
          const [name, className] = typeof column === "string" ? [column, undefined] : [column.number, "number"];
          return (
            <th key={name} scope="col" className={className}>
              {shownLine(name)}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

/** What may be wider than its place: it scrolls by itself, by keyboard too. */
export function Scrolled({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <section className="scrolled" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}

export function trajectoryAddress(run: string, id: string): string {
  return `/r/${encodeURIComponent(run)}/trajectories/${encodeURIComponent(id)}`;
}

export function repairAddress(run: string, id: string, attempt?: string): string {
  return `/r/${encodeURIComponent(run)}/repairs/${encodeURIComponent(id)}${attempt === undefined ? "" : `?attempt=${encodeURIComponent(attempt)}`}`;
}
