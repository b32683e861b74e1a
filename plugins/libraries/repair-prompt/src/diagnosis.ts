/** What the scorers and the gate found, in words a repairer can use, without giving the gold answer away. */
import type { RepairCase, Score, ScoredTrajectory } from "@autotraj/core/plugin";
import { brief } from "@autotraj/trajectory-text/brief";
import { UNFINISHED } from "./cases.ts";
import { placeOf } from "./places.ts";
import { givesAway } from "./secrets.ts";

/** Dimensions at or above this are not worth mentioning. */
const GOOD_ENOUGH = 0.95;
const LONGEST_REASON = 300;
const LONGEST_ANSWER = 80;
/** Places of one dimension that are quoted. */
const MOST_PLACES = 3;

/** Reasons of these dimensions compare with the gold answer: cut short or normalised, so that no search for it would find it. */
const COMPARES_WITH_GOLD = /^(correctness|f1)$/;

/** A second answer scorer's, under a suffix (`correctnessPaper`): it decides nothing, may contradict what does, and compares with the gold answer too. */
const IS_SECOND_OPINION = /^(correctness|f1)./;

/**
 * One line per weakness, worst first. Of what would give an answer away the place is left out, then the reason, then the line.
 * @param secrets answers that no line may contain
 */
export function diagnose({ trajectory, scores, verdict }: ScoredTrajectory, secrets: readonly string[]): readonly string[] {
  const weak = Object.entries(scores)
    .filter(([dimension]) => !IS_SECOND_OPINION.test(dimension))
    .flatMap(([dimension, score]) => ("value" in score && score.value < GOOD_ENOUGH ? [{ dimension, score }] : []))
    .sort((a, b) => a.score.value - b.score.value || (a.dimension < b.dimension ? -1 : 1));
  const describe = describer(trajectory, secrets);
  const lines = weak.map(({ dimension, score }) => describe(dimension, score));
  if (trajectory.finish !== "answer") lines.unshift(`It ${UNFINISHED[trajectory.finish]}.`);
  else if (verdict?.cause === "wrong") lines.unshift("The final answer is wrong.");
  const faults = trajectory.faults.filter((fault) => !givesAway(fault, secrets)).map((fault) => `Form: ${brief(fault, LONGEST_REASON)}.`);
  return [...lines, ...faults].filter((line) => !givesAway(line, secrets));
}

type Valued = Extract<Score, { value: number }>;

/** Says each reason and each place once: one dimension may sum up what others found. */
function describer(trajectory: ScoredTrajectory["trajectory"], secrets: readonly string[]): (dimension: string, score: Valued) => string {
  const said = new Set<string>();
  const isNew = (text: string) => {
    const before = said.size;
    return said.add(text).size > before;
  };
  return (dimension, { value, reason = "", spans = [] }) => {
    const figure = `${dimension} ${value.toFixed(2)}`;
    if (COMPARES_WITH_GOLD.test(dimension)) return `${figure}.`;
    const why = reason === "" || givesAway(reason, secrets) || !isNew(reason) ? "" : `: ${brief(reason, LONGEST_REASON)}`;
    const places = spans.slice(0, MOST_PLACES).flatMap((span) => {
      const place = placeOf(trajectory, span, reason);
      return place === undefined || givesAway(`${place.words} ${place.marked}`, secrets) || !isNew(place.words) ? [] : [place.words];
    });
    const where = places.length === 0 ? "" : ` [${places.join("; ")}]`;
    return why === "" && where === "" ? `${figure}.` : `${figure}${why}${where}`;
  };
}

/** The attempts refused so far. Only a wrong answer is named: one refused for another cause is right, and would be the gold answer in other words. */
export function refusals(attempts: RepairCase["attempts"], secrets: readonly string[]): readonly string[] {
  return attempts.flatMap(({ trajectory, verdict }) => {
    const { answer } = trajectory;
    const cause = verdict?.cause ?? "not good enough";
    const line =
      cause === "wrong"
        ? `An earlier repair ${answer === undefined ? "gave no answer" : `answered "${brief(answer, LONGEST_ANSWER)}"`} and was refused (wrong).`
        : `An earlier repair was refused (${cause}).`;
    return givesAway(`${line} ${cause === "wrong" ? (answer ?? "") : ""}`, secrets) ? [] : [line];
  });
}
