/** Chooses among all questions before the first is asked. */
import { PluginError, type Query } from "@autotraj/core/plugin";
import type { BalanceOptions } from "./options.ts";
import type { PassRates } from "./pass-rates.ts";
import { mixed, OTHERS, sampled } from "./sample.ts";

export interface Balance {
  /** Query id → why it is dropped. */
  readonly drops: ReadonlyMap<string, string>;
  /** Lines for the log: the whole, then each group before and after. */
  readonly report: readonly string[];
}

interface Group {
  total: number;
  unknown: number;
  outside: number;
  /** Ids of what may be taken, in the file's order. */
  readonly ids: string[];
}

/** @throws PluginError when options that go by pass rates meet no rate at all, or when nothing is left. */
export async function balance(questions: AsyncIterable<Query>, rates: PassRates, options: BalanceOptions): Promise<Balance> {
  const drops = new Map<string, string>();
  const groups = new Map<string, Group>();
  const names = new Set<string>();
  let known = 0;
  let total = 0;
  for await (const query of questions) {
    total++;
    const rate = rates.of(query);
    if (rate !== undefined) known++;
    const own = (options.by === "task" ? query.task : difficultyOf(rate)) ?? NO_TASK;
    names.add(own);
    const name = groupIn(options.mix, own);
    const group = groups.get(name) ?? { total: 0, unknown: 0, outside: 0, ids: [] };
    groups.set(name, group);
    group.total++;
    const unfit = unfitFor(rate, options);
    if (unfit === undefined) group.ids.push(query.id);
    else {
      drops.set(query.id, unfit);
      group[rate === undefined ? "unknown" : "outside"]++;
    }
  }
  if (known === 0 && usesRates(options)) throw noRates(total, options);
  const chosen = choose(groups, options, drops);
  const taken = total - drops.size;
  const report = [`${taken} of ${total} questions taken, ${known} with a pass rate${chosen.limits}`, ...linesOf(groups, chosen.ids, taken, options)];
  if (taken === 0)
    throw new PluginError("NOTHING_LEFT", `no question is left.\n${report.join("\n")}`, {
      hint: `Widen the pass rates or change the mix; by ${options.by} there are: ${[...names].join(", ")}.`,
    });
  return { drops, report };
}

/** In a mix, what it does not name is one group. */
function groupIn(mix: BalanceOptions["mix"], name: string): string {
  return Object.keys(mix).length === 0 || Object.hasOwn(mix, name) ? name : OTHERS;
}

const NO_TASK = "(no task)";

/** As the option `by` describes it. */
function difficultyOf(rate: number | undefined): string {
  if (rate === undefined) return "unknown";
  if (rate < 1 / 3) return "hard";
  return rate > 2 / 3 ? "easy" : "medium";
}

function unfitFor(rate: number | undefined, { minPassRate, maxPassRate, unknown }: BalanceOptions): string | undefined {
  if (rate === undefined) return unknown === "drop" ? "no pass rate is known" : undefined;
  if (rate < minPassRate) return `pass rate ${rate} < ${minPassRate}`;
  return rate > maxPassRate ? `pass rate ${rate} > ${maxPassRate}` : undefined;
}

/** Takes the quota of each group, then of all together where only the total is limited; what is not taken is dropped. */
function choose(
  groups: ReadonlyMap<string, Group>,
  options: BalanceOptions,
  drops: Map<string, string>,
): { ids: ReadonlySet<string>; limits: string } {
  const { mix, mostPerGroup, total, seed } = options;
  const isMix = Object.keys(mix).length > 0;
  const available = new Map([...groups].map(([name, { ids }]) => [name, ids.length]));
  const quota = isMix ? mixed(available, mix, total) : undefined;
  const perGroup = [...groups].flatMap(([name, { ids }]) => [
    ...sampled(ids, quota === undefined ? (mostPerGroup ?? ids.length) : (quota.counts.get(name) ?? 0), seed),
  ]);
  const ids = quota === undefined && total !== undefined ? sampled(perGroup, total, seed) : new Set(perGroup);
  for (const [name, group] of groups) {
    const taken = group.ids.filter((id) => ids.has(id)).length;
    const isForeign = isMix && !Object.hasOwn(mix, name);
    const reason = isForeign ? `its ${options.by} is not in the mix` : `not sampled: ${taken} of the ${group.ids.length} of "${name}" are taken`;
    for (const id of group.ids) if (!ids.has(id)) drops.set(id, reason);
  }
  return { ids, limits: quota?.limitedBy === undefined ? "" : `; more of "${quota.limitedBy}" would allow more of all` };
}

function linesOf(
  groups: ReadonlyMap<string, Group>,
  ids: ReadonlySet<string>,
  taken: number,
  { by, minPassRate, maxPassRate }: BalanceOptions,
): readonly string[] {
  return [...groups].map(([name, group]) => {
    const kept = group.ids.filter((id) => ids.has(id)).length;
    const share = taken === 0 ? 0 : Math.round((1000 * kept) / taken) / 10;
    const without = [
      ...(group.outside > 0 ? [`${group.outside} outside ${minPassRate} to ${maxPassRate}`] : []),
      ...(group.unknown > 0 ? [`${group.unknown} without a pass rate`] : []),
    ];
    return `${by} "${name}": ${group.total} → ${kept} (${share}%)${without.length > 0 ? `, left out: ${without.join(", ")}` : ""}`;
  });
}

/** Whether the options mean anything without a single pass rate. */
function usesRates({ passRates, minPassRate, maxPassRate, unknown, by }: BalanceOptions): boolean {
  return passRates !== undefined || minPassRate > 0 || maxPassRate < 1 || unknown === "drop" || by === "difficulty";
}

function noRates(total: number, { passRates, passRateField }: BalanceOptions): PluginError {
  const where = passRates === undefined ? `the field "${passRateField}" of the questions` : `${passRates}, by id or question`;
  return new PluginError("PASS_RATES_NONE", `none of the ${total} questions has a pass rate in ${where}.`, {
    hint: "Check passRates and passRateField, and that the ids are those of this run's questions.",
  });
}
