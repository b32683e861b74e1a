/** How figures are written, wherever a run's figures are shown. */
import type { Estimate } from "@autotraj/core";

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

export function seconds(value: number): string {
  if (value < 60) return `${value.toFixed(value < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(value / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(value % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function share(part: number, whole: number): string {
  return whole === 0 ? "" : `${((100 * part) / whole).toFixed(0)}%`;
}

export function mean(value: number | null): string {
  return value === null ? "–" : value.toFixed(2);
}

/** With its interval. */
export function estimate({ value, low, high, n }: Estimate): string {
  return n === 0 ? "–" : `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}

export function short(value: Estimate | undefined): string {
  return value === undefined || value.n === 0 ? "–" : value.value.toFixed(3);
}

export function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

export function pValue(p: number): string {
  return p < 0.001 ? "< 0.001" : p.toFixed(3);
}
