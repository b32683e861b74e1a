/** What the reward model and the rules make of a pair. */
import { TableHead } from "../parts.tsx";
import { score, shown } from "../shown-text.ts";

export const BAG_OF_WORDS = "bag of words";

export function Margin({ margin }: { readonly margin: number | null }) {
  if (margin === null) return <span className="quiet">–</span>;
  const sign = margin > 0 ? "+" : margin < 0 ? "−" : "";
  return (
    <span className={margin > 0 ? "" : "bad"}>
      {sign}
      {Math.abs(margin).toFixed(2)}
    </span>
  );
}

/** @param credit what a rule gives the chosen side */
export function preferred(credit: number | undefined): string {
  if (credit === undefined) return "–";
  return credit > 0.5 ? "chosen" : credit < 0.5 ? "rejected" : "neither";
}

export function PairVerdicts({
  scores,
  margin,
  judge,
  rules,
}: {
  readonly scores: { readonly chosen: number | null; readonly rejected: number | null };
  readonly margin: number | null;
  readonly judge: string | null;
  readonly rules: Readonly<Record<string, number>> | null;
}) {
  if (judge === null)
    return (
      <p className="quiet">
        No reward model has scored this pair: only pairs that were held out from its training are judged, and runs of earlier releases did not keep
        what it made of them.
      </p>
    );
  return (
    <table className="plain">
      <TableHead columns={["who", "prefers", { number: "chosen" }, { number: "rejected" }, { number: "margin" }]} />
      <tbody>
        <tr>
          <th scope="row">
            <strong>{shown(judge)}</strong>
          </th>
          <td>{margin === null ? "could not score it" : margin > 0 ? "chosen" : margin < 0 ? "rejected" : "neither"}</td>
          <td className="number">{score(scores.chosen)}</td>
          <td className="number">{score(scores.rejected)}</td>
          <td className="number">
            <Margin margin={margin} />
          </td>
        </tr>
        {Object.entries(rules ?? {}).map(([name, credit]) => (
          <tr key={name}>
            <th scope="row">{shown(name)}</th>
            <td className={credit < 0.5 ? "bad" : ""}>{preferred(credit)}</td>
            <td />
            <td />
            <td />
          </tr>
        ))}
      </tbody>
    </table>
  );
}
