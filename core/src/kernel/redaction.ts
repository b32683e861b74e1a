/**
 * Keeps secrets out of everything that leaves this process or enters a store: errors, logs, answers, data sets, the terminal. A secret that was read once
 * stays hidden for as long as the process lives, whichever run it came with: whoever writes a text does not know which secrets it may hold.
 */
import { exactDigits } from "./json.ts";

/**
 * Shorter values are hidden nowhere: they would tear holes into ordinary text, and so into what is learnt. Options marked secret refuse them (GitLab masks
 * no shorter ones either).
 */
export const SHORTEST_SECRET = 8;
const HIDDEN = "<redacted>";

const known = new Set<string>();
let pattern: RegExp | undefined;

/** From here on this value, and what is secret inside it, is hidden. Values below {@link SHORTEST_SECRET} are left alone. */
export function keepSecret(value: string): void {
  const fresh = [value, ...credentialsIn(value)].filter((secret) => secret.length >= SHORTEST_SECRET && !known.has(secret));
  if (fresh.length === 0) return;
  for (const secret of fresh) known.add(secret);
  pattern = patternFor([...known]);
}

/** The text without any secret of this process. */
export function withoutSecrets(text: string): string {
  return pattern === undefined ? text : text.replace(pattern, HIDDEN);
}

/** The same for every text inside a value, names of fields included. What holds no secret is handed back as it is, object for object. */
export function withoutSecretsIn<T>(value: T): T {
  return pattern === undefined ? value : (mapTexts(value, withoutSecrets) as T);
}

/** Cleans an error in place: who catches it may look at its class and code, and at what caused it. */
export function hideSecretsIn(error: unknown): void {
  const seen = new Set<unknown>();
  for (let one = error; one instanceof Error && !seen.has(one) && !Object.isFrozen(one); one = one.cause) {
    seen.add(one);
    for (const name of ["message", "stack", "hint"] as const) {
      const text = (one as { hint?: unknown } & Error)[name];
      const clean = typeof text === "string" ? withoutSecrets(text) : text;
      if (clean !== text) Object.defineProperty(one, name, { value: clean, writable: true, configurable: true });
    }
  }
}

/** The text without these secrets. */
export function redact(text: string, secrets: readonly string[]): string {
  const hidden = secrets.filter((secret) => secret.length >= SHORTEST_SECRET);
  return hidden.length === 0 ? text : text.replace(patternFor(hidden), HIDDEN);
}

/** `change` applied to every text in plain data, object for object where it changes nothing; numbers and class instances stay. */
export function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === "string") return change(value);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => mapTexts(item, change));
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (exactDigits(value) !== undefined) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const entries = Object.entries(value).map(([key, child]) => [change(key), mapTexts(child, change), key, child] as const);
  if (entries.every(([name, mapped, key, child]) => name === key && mapped === child)) return value;
  return Object.fromEntries(entries);
}

/** `Bearer KEY`, `Basic BASE64` and `https://user:KEY@host`: servers repeat the key alone. */
function credentialsIn(value: string): string[] {
  const [, scheme = "", credential = ""] = /^(bearer|basic|token)\s+(\S+)$/i.exec(value) ?? [];
  const inURL = URL.canParse(value) ? decodeURIComponent(new URL(value).password.replaceAll(/%(?![\da-f]{2})/gi, "%25")) : "";
  const decoded = scheme.toLowerCase() === "basic" ? Buffer.from(credential, "base64").toString("utf8") : "";
  return [credential, inURL, decoded.slice(decoded.indexOf(":") + 1)].filter((part) => part !== "");
}

function patternFor(secrets: readonly string[]): RegExp {
  // Longest first: one secret may begin with another.
  const sorted = [...secrets].sort((a, b) => b.length - a.length);
  return new RegExp(sorted.flatMap((secret) => [inAnyEscaping(secret), ...base64Forms(secret)]).join("|"), "g");
}

/** As it is, inside JSON or JSON inside JSON, inside a URL or a form, and in mixtures of these: character by character. */
function inAnyEscaping(secret: string): string {
  // A run of backslashes is one unit: written for each alone, the repetitions would compete for the same text.
  return [...secret.matchAll(/\\+|[\s\S]/gu)].map(([unit]) => `(?:${formsOf(unit).join("|")})`).join("");
}

const ESCAPE_LETTERS: Readonly<Record<string, string>> = { "\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f" };

function formsOf(unit: string): string[] {
  if (unit.startsWith("\\")) return [`\\\\{${unit.length},${4 * unit.length}}`, `(?:%5[Cc]){${unit.length},${4 * unit.length}}`];
  const units = unit.split("").map((half) => half.charCodeAt(0).toString(16).padStart(4, "0"));
  const letter = ESCAPE_LETTERS[unit];
  return [
    // Quotes and slashes may have backslashes before them.
    /["'/`]/.test(unit) ? `\\\\{0,4}${unit}` : units.map((hex) => `\\u${hex}`).join(""),
    ...(letter === undefined ? [] : [`\\\\{1,4}${letter}`]),
    units.map((hex) => `\\\\{1,4}u${anyCase(hex)}`).join(""),
    [...Buffer.from(unit)].map((byte) => `%${anyCase(byte.toString(16).padStart(2, "0"))}`).join(""),
    ...(unit === " " ? ["\\+"] : []),
  ];
}

function anyCase(hex: string): string {
  return hex.replaceAll(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

/**
 * The secret in base64, alone or with something before and behind it (`user:KEY` in `Authorization: Basic`): what its neighbours do not decide of the three ways in
 * which it can fall into groups of three bytes.
 */
function base64Forms(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const forms = [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const decided = text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    // Where the secret ends the text, the rest of its last group is decided too.
    const rest = text.slice(Math.floor(((before + bytes.length) * 8) / 6));
    return [`${inBase64(decided)}(?:${inBase64(rest.replaceAll("=", ""))}(?:=|%3[Dd]){0,2})?`];
  });
  return [...new Set(forms)];
}

function inBase64(text: string): string {
  return text.replaceAll(/[+/]/g, (sign) => (sign === "+" ? "(?:\\+|-|%2[Bb])" : "(?:/|_|%2[Ff])"));
}
