/** Calls, tokens, money and time. */
import type { Overview } from "../../../src/api.ts";
import { Line, Section, TableHead } from "../parts.tsx";
import { count, seconds } from "../shown-text.ts";

export function Spent({ overview: { usage, seconds: parts } }: { readonly overview: Overview }) {
  const note = usage.of === "summary" ? "all calls" : "trajectories so far, without judges";
  return (
    <Section title="Calls, tokens, time" aside={<span className="quiet">{note}</span>}>
      <table className="plain">
        <TableHead columns={["policy", { number: "calls" }, { number: "read" }, { number: "written" }, { number: "USD" }]} />
        <tbody>
          {usage.policies.map(({ policy, calls, promptTokens, completionTokens, usd }) => (
            <tr key={policy}>
              <th scope="row">
                <Line>{policy}</Line>
              </th>
              <td className="number">{count(calls)}</td>
              <td className="number">{count(promptTokens)}</td>
              <td className="number">{count(completionTokens)}</td>
              <td className="number">{usd === null ? "–" : usd.toFixed(2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="facts">
        {parts.map(({ part, seconds: value }) => (
          <span key={part}>
            <span className="quiet">{part}</span> {seconds(value)}
          </span>
        ))}
      </p>
    </Section>
  );
}
