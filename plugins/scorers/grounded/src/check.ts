/** What one check found. */
import type { Score, Span } from "@autotraj/core/plugin";
import type { Rational } from "@autotraj/rationals/rational";

export const holds: Score = { value: 1 };

export function fails(reason: string, place: Span, value = 0): Score {
  return { value, reason, spans: [{ ...place, note: reason }] };
}

/** As people write it: `-408`, `2.5`, `1/3`. */
export function shown({ numerator, denominator }: Rational): string {
  if (denominator === 1n || numerator % denominator === 0n) return String(numerator / denominator);
  return /^10*$/.test(String(denominator)) || 10n ** 9n % denominator === 0n
    ? String(Number(numerator) / Number(denominator))
    : `${numerator}/${denominator}`;
}
