/** From questions to what is learnt from. Every number leads to the trajectories behind it. */
import { Progress } from "@mantine/core";
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Fate, Overview } from "../../../src/api.ts";
import { listAddress } from "../filter.ts";
import { Line, Section } from "../parts.tsx";
import { count, share } from "../shown-text.ts";

interface Step {
  readonly name: ReactNode;
  readonly key: string;
  readonly number: number;
  readonly of: number;
  readonly level: 0 | 1 | 2;
  readonly filter?: Readonly<Record<string, string | readonly string[]>>;
  readonly fate?: Fate;
  readonly note?: string;
}

const CANDIDATES: readonly Fate[] = ["kept", "repaired", "hard", "discarded", "failed", "pending"];

export function Funnel({ run, overview }: { readonly run: string; readonly overview: Overview }) {
  return (
    <Section title="From questions to rows">
      <table className="plain funnel">
        <tbody>
          {stepsOf(overview).map(({ name, key, number, of, level, filter, fate, note }) => (
            <tr key={key} data-level={level}>
              <th scope="row">
                {filter === undefined ? (
                  name
                ) : (
                  <Link href={listAddress(run, filter)}>
                    <span>{name}</span>
                  </Link>
                )}
                {note === undefined ? null : <span className="quiet"> {note}</span>}
              </th>
              <td className="number">{count(number)}</td>
              <td className="number quiet">{level === 0 ? "" : share(number, of)}</td>
              <td className="meter" aria-hidden="true">
                <Progress.Root size={8} radius={0}>
                  <Progress.Section value={of === 0 ? 0 : (100 * number) / of} className="funnel-bar" data-fate={fate} withAria={false} />
                </Progress.Root>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function stepsOf({ questions: { done, dropped, failed }, fates, figures }: Overview): readonly Step[] {
  const of = (fate: Fate) => fates[fate] ?? 0;
  const candidates = CANDIDATES.reduce((sum, fate) => sum + of(fate), 0);
  const sent = of("repaired") + of("hard") + of("pending");
  const part = (fate: Fate, level: 1 | 2, note?: string): Step => ({
    ...{ name: fate, key: fate, number: of(fate), of: candidates, level, fate, filter: { fate } },
    ...(note === undefined ? {} : { note }),
  });
  const asked = done + dropped + failed;
  return [
    { name: "questions", key: "questions", number: asked, of: asked, level: 0, ...noted(dropped, failed) },
    { name: "candidates", key: "candidates", number: candidates, of: candidates, level: 0, filter: { fate: CANDIDATES } },
    part("kept", 1),
    ...(sent === 0
      ? []
      : [
          { name: "sent to repair", key: "sent", number: sent, of: candidates, level: 1, filter: { fate: ["repaired", "hard", "pending"] } } as const,
        ]),
    ...(sent === 0 ? [] : [part("repaired", 2)]),
    ...(sent === 0 ? [] : [part("hard", 2, "all repairs refused")]),
    ...(of("pending") === 0 ? [] : [part("pending", 2)]),
    part("discarded", 1),
    ...(of("failed") === 0 ? [] : [part("failed", 1)]),
    ...repairs(figures.repairers),
    {
      name: "learnt from",
      key: "learnt",
      number: of("kept") + of("accepted"),
      of: candidates,
      level: 0,
      filter: { fate: ["kept", "accepted"] },
      note: "kept, and accepted repairs",
    },
  ];
}

function noted(dropped: number, failed: number): Pick<Step, "note"> {
  const parts = [dropped > 0 ? `${count(dropped)} dropped` : "", failed > 0 ? `${count(failed)} failed` : ""].filter((text) => text !== "");
  return parts.length === 0 ? {} : { note: parts.join(", ") };
}

function repairs(repairers: Overview["figures"]["repairers"]): readonly Step[] {
  const all = repairers.reduce((sum, { accepted, refused }) => sum + accepted + refused, 0);
  if (all === 0) return [];
  return [
    { name: "repairs", key: "repairs", number: all, of: all, level: 0, filter: { fate: ["accepted", "refused"] }, note: "attempts that offered one" },
    ...repairers.flatMap(({ repairer, accepted, refused }): Step[] => [
      {
        name: <Line>{`${repairer}: accepted`}</Line>,
        key: `${repairer} accepted`,
        number: accepted,
        of: all,
        level: 1,
        fate: "accepted",
        filter: { repairer, fate: "accepted" },
      },
      {
        name: <Line>{`${repairer}: refused`}</Line>,
        key: `${repairer} refused`,
        number: refused,
        of: all,
        level: 1,
        fate: "refused",
        filter: { repairer, fate: "refused" },
      },
    ]),
  ];
}
