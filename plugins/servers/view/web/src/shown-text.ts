/** Foreign text as it may be shown: what cannot be seen, or would turn other text around, is spelled out. Nothing here makes HTML. */

/** Controls, marks and overrides of direction, separators, halves of characters; not tabs and line feeds, nor the joiners that emoji and some scripts are written with. */
const HIDDEN = /(?![\t\n\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

export function shown(text: string): string {
  return text.replaceAll("\r\n", "\n").replace(HIDDEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** On one line. */
export function shownLine(text: string): string {
  return shown(text).replace(/\s+/g, " ");
}

export function count(number: number): string {
  return number.toLocaleString("en-US");
}

export function score(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  const text = Number.isInteger(value) ? String(value) : value.toFixed(2);
  return text.replace("-", "−");
}

/** A mean with its 95 % interval. */
export function interval({
  value,
  low,
  high,
  n,
}: {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly n: number;
}): string {
  return n === 0 ? "–" : `${value.toFixed(3)} (${low.toFixed(3)}–${high.toFixed(3)})`;
}

export function signed(value: number, digits = 3): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? `±${text}` : `${value < 0 ? "−" : "+"}${text}`;
}

/** A number of any size, in four digits. */
export function figure(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e6) return count(value);
  return Math.abs(value) >= 1e-3 && Math.abs(value) < 1e6 ? String(Number(value.toPrecision(4))) : value.toExponential(2);
}

export function share(part: number, whole: number): string {
  if (whole === 0) return "";
  const percent = (100 * part) / whole;
  return percent > 0 && percent < 1 ? "<1 %" : `${Math.round(percent)} %`;
}

export function milliseconds(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return seconds(ms / 1000);
}

export function seconds(value: number): string {
  if (value < 60) return `${value.toFixed(1)} s`;
  const [hours, minutes] = [Math.floor(value / 3600), Math.floor((value % 3600) / 60)];
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${Math.round(value % 60)} s`;
}
