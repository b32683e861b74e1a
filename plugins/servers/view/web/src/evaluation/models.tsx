/** The table of models, as `autotraj stats` has it, and who was compared with whom. */

import { Link } from "wouter";
import type { Estimate, EvaluationSummary, ModelEvaluation } from "../../../src/learning-api.ts";
import { IntervalChart } from "../interval-chart.tsx";
import { Line, Scrolled, Section, TableHead } from "../parts.tsx";
import { count, interval, shown, shownLine, signed } from "../shown-text.ts";

interface Figure {
  readonly name: string;
  readonly show: (model: ModelEvaluation) => string;
}

export function Models({ summary }: { readonly summary: EvaluationSummary }) {
  const { models, comparisons, leakage } = summary;
  const figures = figuresOf(models);
  return (
    <>
      <Section title="Models on the held-out questions">
        <div className="columns wide-left">
          <Scrolled label="Figures of the models">
            <table className="plain models">
              <TableHead columns={["model", ...figures.map(({ name }) => ({ number: name }))]} />
              <tbody>
                {models.map((model) => (
                  <tr key={model.model}>
                    <th scope="row">
                      <Line>{model.model}</Line>
                      {model.outOfDate === undefined ? null : <span className="bad"> out of date: {shown(model.outOfDate)}</span>}
                    </th>
                    {figures.map(({ name, show }) => (
                      <td key={name} className="number">
                        {show(model)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </Scrolled>
          <IntervalChart
            title="Right at temperature 0"
            estimates={models.flatMap(({ model, greedy }) => (greedy === null ? [] : [{ name: model, estimate: greedy }]))}
          />
        </div>
      </Section>
      {comparisons.length === 0 ? null : <Comparisons comparisons={comparisons} />}
      {leakage === null || leakage.sameText.length + leakage.overlapping.length === 0 ? null : (
        <p className="bad">
          {count(leakage.sameText.length)} of {count(leakage.evaluated)} held-out questions are also trained on, {count(leakage.overlapping.length)}{" "}
          overlap.
        </p>
      )}
    </>
  );
}

function figuresOf(models: readonly ModelEvaluation[]): readonly Figure[] {
  const rules = [...new Set(models.flatMap(({ otherRules }) => Object.keys(otherRules)))];
  const { samples = 0 } = models.find(({ sampled }) => sampled !== null)?.sampled ?? {};
  const passes = [...new Set([...models.flatMap(({ sampled }) => Object.keys(sampled?.passAt ?? {})), String(samples)])];
  const sampled = (name: string, of: (found: NonNullable<ModelEvaluation["sampled"]>) => Estimate | null | undefined): Figure => ({
    name,
    show: (model) => short(model.sampled === null ? undefined : of(model.sampled)),
  });
  return [
    { name: "questions", show: ({ questions }) => count(questions) },
    { name: "right, greedy", show: ({ greedy }) => (greedy === null ? "–" : interval(greedy)) },
    ...(samples === 0
      ? []
      : [
          sampled(`avg@${samples}`, ({ average }) => average),
          // pass@1 is avg@k.
          ...passes
            .filter((k) => k !== "1" || samples === 1)
            .map((k) => sampled(`pass@${k}`, ({ passAt, pass }) => passAt?.[k] ?? (k === String(samples) ? pass : undefined))),
          sampled(`maj@${samples}`, ({ majority }) => majority),
        ]),
    ...(models.some((model) => model.sampled?.best != null) ? [sampled(`best of ${samples}`, ({ best }) => best)] : []),
    ...rules.map((rule): Figure => ({ name: rule, show: ({ otherRules }) => short(otherRules[rule]) })),
    { name: "calls", show: ({ toolCalls }) => toolCalls?.toFixed(2) ?? "–" },
    { name: "words", show: ({ words }) => words?.toFixed(0) ?? "–" },
    ...(models.some(({ failed }) => failed > 0) ? [{ name: "failed", show: ({ failed }: ModelEvaluation) => count(failed) }] : []),
    ...(models.some(({ precision }) => precision !== undefined)
      ? [{ name: "weights", show: ({ precision }: ModelEvaluation) => shownLine(precision ?? "–") }]
      : []),
  ];
}

function short(value: Estimate | null | undefined): string {
  return value == null || value.n === 0 ? "–" : value.value.toFixed(3);
}

function Comparisons({ comparisons }: { readonly comparisons: EvaluationSummary["comparisons"] }) {
  return (
    <Section title="Compared on the same questions">
      <Scrolled label="Models compared">
        <table className="plain wide">
          <TableHead
            columns={["A − B", { number: "difference, 95 % interval" }, { number: "better" }, { number: "worse" }, { number: "McNemar p" }]}
          />
          <tbody>
            {comparisons.map(({ model, against, difference, better, worse, p }) => (
              <tr key={`${model} ${against}`}>
                <th scope="row">
                  <Link href={`?${new URLSearchParams({ a: model, b: against })}`}>
                    <Line>{`${model} − ${against}`}</Line>
                  </Link>
                </th>
                <td className="number">
                  {signed(difference.value)} ({signed(difference.low)} to {signed(difference.high)})
                </td>
                <td className="number">{count(better)}</td>
                <td className="number">{count(worse)}</td>
                <td className="number">{p < 0.001 ? "< 0.001" : p.toFixed(3)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
    </Section>
  );
}
