/** Every score with its reason; what was not to be scored here is folded away. */
import type { ScoreView } from "../../../src/api.ts";
import { Folded, isWrong, Line } from "../parts.tsx";
import { score, shown } from "../shown-text.ts";

export function Scores({ scores }: { readonly scores: readonly ScoreView[] }) {
  if (scores.length === 0) return <p className="quiet">Not scored.</p>;
  const given = [...scores.filter(({ value }) => value !== null), ...scores.filter(({ failed }) => failed !== undefined)];
  const skipped = scores.filter((one) => one.skipped !== undefined);
  return (
    <>
      <Table scores={given} />
      <Folded items={skipped} one="1 dimension does not apply" several="dimensions do not apply">
        <Table scores={skipped} />
      </Folded>
    </>
  );
}

function Table({ scores }: { readonly scores: readonly ScoreView[] }) {
  return (
    <table className="plain scores">
      <tbody>
        {scores.map(({ dimension, value, skipped, failed, reason, spans }) => (
          <tr key={dimension} data-skipped={skipped !== undefined || undefined}>
            <th scope="row">
              <Line>{dimension}</Line>
            </th>
            <td className="number" data-low={isWrong(dimension, value) || undefined}>
              {failed === undefined ? score(value) : <span className="bad">failed</span>}
            </td>
            <td className="quiet">
              <bdi>{shown(skipped ?? failed ?? reason ?? "")}</bdi>
              {spans.length > 0 ? <span> · marked in the text</span> : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
