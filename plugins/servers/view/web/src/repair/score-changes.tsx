/** Scores of two trajectories beside each other, the largest change first; those that are the same are folded away. */
import type { ScoreView } from "../../../src/api.ts";
import { Folded, Line } from "../parts.tsx";
import { score, shownLine } from "../shown-text.ts";

interface Change {
  readonly before: ScoreView | undefined;
  readonly after: ScoreView;
  readonly by: number;
}

export function ScoreChanges({ before, after }: { readonly before: readonly ScoreView[]; readonly after: readonly ScoreView[] }) {
  const was = new Map(before.map((one) => [one.dimension, one]));
  const changes = after
    .map((one): Change => {
      const old = was.get(one.dimension);
      return { before: old, after: one, by: Math.abs((one.value ?? 0) - (old?.value ?? 0)) };
    })
    .filter((change) => change.after.value !== null || (change.before?.value ?? null) !== null)
    .toSorted((a, b) => b.by - a.by);
  const isSame = ({ before: old, after: { value }, by }: Change) => by === 0 && (old?.value ?? null) === value;
  const [moved, same] = [changes.filter((change) => !isSame(change)), changes.filter(isSame)];
  return (
    <>
      {moved.length === 0 ? <p className="quiet">No score differs.</p> : <Table changes={moved} />}
      <Folded items={same} one="1 score is the same" several="scores are the same">
        <Table changes={same} />
      </Folded>
    </>
  );
}

function reasonOf({ reason, skipped, failed }: ScoreView, before: ScoreView | undefined): string {
  return reason ?? skipped ?? failed ?? (before?.reason === undefined ? "" : `before: ${before.reason}`);
}

function Table({ changes }: { readonly changes: readonly Change[] }) {
  return (
    <table className="plain scores">
      <tbody>
        {changes.map(({ before, after }) => (
          <tr key={after.dimension}>
            <th scope="row">
              <Line>{after.dimension}</Line>
            </th>
            <td className="number">{score(before?.value)}</td>
            <td aria-hidden="true">→</td>
            <td className="number">{score(after.value)}</td>
            <td className="quiet">
              <bdi>{shownLine(reasonOf(after, before))}</bdi>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
