/** Why candidates were not kept as they were, and why repairs were refused. Every number leads to the trajectories behind it. */
import { Link } from "wouter";
import type { Fate, IndexedFigures } from "../../../src/api.ts";
import { listAddress } from "../filter.ts";
import { Line, Section } from "../parts.tsx";
import { count } from "../shown-text.ts";

type Causes = IndexedFigures["causes"];

const COLUMNS: readonly { readonly title: string; readonly fates: readonly Fate[] }[] = [
  { title: "candidates", fates: ["repaired", "hard", "discarded", "failed", "pending"] },
  { title: "of these repaired", fates: ["repaired"] },
  { title: "repairs refused", fates: ["refused"] },
];
const ALL = [...new Set(COLUMNS.flatMap(({ fates }) => fates))];
const MOST = 14;

export function Reasons({ run, causes }: { readonly run: string; readonly causes: Causes }) {
  const of = (cause: string, fates: readonly Fate[]) =>
    causes.filter((one) => one.cause === cause && fates.includes(one.fate)).reduce((sum, one) => sum + one.count, 0);
  const all = (cause: string) => of(cause, ALL);
  const names = [...new Set(causes.map(({ cause }) => cause))].filter((cause) => all(cause) > 0).sort((a, b) => all(b) - all(a));
  if (names.length === 0) return null;
  return (
    <Section title="Why not kept">
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">reason</th>
            {COLUMNS.map(({ title }) => (
              <th key={title} scope="col" className="number">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.slice(0, MOST).map((cause) => (
            <tr key={cause}>
              <th scope="row">
                <Line>{cause}</Line>
              </th>
              {COLUMNS.map(({ title, fates }) => (
                <td key={title} className="number">
                  {of(cause, fates) === 0 ? (
                    <span className="quiet">–</span>
                  ) : (
                    <Link href={listAddress(run, { fate: fates, cause })}>{count(of(cause, fates))}</Link>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}
