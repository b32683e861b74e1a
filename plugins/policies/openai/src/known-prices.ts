/** What hosted models cost, for presets that do not say: a small table with its date (prices.json). A preset's own `price` goes before it. */
import { readFileSync } from "node:fs";
import type { Policy } from "@autotraj/core/plugin";

interface Row {
  readonly input: number;
  readonly cachedInput: number;
  readonly output: number;
  readonly source: string;
}

interface PriceTable {
  /** The day on which it was read. */
  readonly read: string;
  readonly sources: Readonly<Record<string, string>>;
  readonly hosts: Readonly<Record<string, Readonly<Record<string, Row>>>>;
}

export interface KnownPrice {
  readonly price: NonNullable<Policy["price"]>;
  readonly from: string;
}

const TABLE = JSON.parse(readFileSync(new URL("../prices.json", import.meta.url), "utf8")) as PriceTable;
/** A snapshot's day behind the model's name: it costs what the model costs. */
const SNAPSHOT = /-\d{4}-\d{2}-\d{2}$/;

/** Of a host's own prices only: the same name on another server costs what that one asks. */
export function knownPrice(baseURL: string, model: string): KnownPrice | undefined {
  const host = TABLE.hosts[new URL(baseURL).hostname] ?? {};
  const row = [model, model.replace(SNAPSHOT, "")]
    .map((name) => (Object.hasOwn(host, name) ? host[name] : undefined))
    .find((one) => one !== undefined);
  if (row === undefined) return undefined;
  const { source, ...price } = row;
  return { price, from: `prices.json of @autotraj/policy-openai, read ${TABLE.read}: ${TABLE.sources[source] ?? source}` };
}
