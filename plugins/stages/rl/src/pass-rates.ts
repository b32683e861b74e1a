/** How often the model that RL starts from answers each question rightly: a group of it that is all right or all wrong would teach nothing. */
import { allFinished, isRight, type JsonObject, PluginError, type Policy, type Query, type RlTask, type StageContext } from "@autotraj/core/plugin";

/** What a choice of questions by their pass rates came to; kept with what the stage leaves. */
export interface PassRates {
  /** Whose they are. */
  readonly of: "start" | "loop";
  /** Trajectories of each question; null in the loop, where questions may have had different numbers. */
  readonly samples: number | null;
  /** Questions by rate, two digits; `none` where nothing could be judged. */
  readonly questions: Readonly<Record<string, number>>;
  /** How many are played. */
  readonly chosen: number;
}

interface Wanted {
  readonly samples: number;
  readonly least: number;
  readonly most: number;
  /** Questions to find: no more are asked. */
  readonly limit: number;
  readonly temperature: number;
  readonly examples: boolean;
}

/** Asked side by side; what is found does not depend on it but for the last of a limit, so it is the same on every machine. */
const QUESTIONS_AT_A_TIME = 8;

export function wantedOf({ settings, sampling }: Pick<StageContext, "settings" | "sampling">): Wanted {
  const { passRateSamples = 4, minPassRate = 0, maxPassRate = 1, limit = Number.POSITIVE_INFINITY } = settings as Readonly<Record<string, number>>;
  const { temperature = sampling.temperature, examples } = settings as { readonly temperature?: number; readonly examples?: boolean };
  return { samples: passRateSamples, least: minPassRate, most: maxPassRate, limit, temperature, examples: examples === true };
}

/**
 * The first of the tasks, `limit` at most, that the model in this folder answers rightly as often as is wanted. Sampled as RL will sample, with the run's policy
 * over its weights; every call is kept, so a resume or another stage that starts from the same model asks nothing twice.
 * @throws PluginError NO_QUESTIONS where there is none
 */
export async function chosenByStart(
  context: StageContext,
  folder: string,
  tasks: readonly RlTask[],
): Promise<{ readonly tasks: readonly RlTask[]; readonly passRates: PassRates }> {
  const wanted = wantedOf(context);
  const loaded = await context.policyWith(folder);
  const chosen: RlTask[] = [];
  const rates: (number | undefined)[] = [];
  try {
    for (let at = 0; at < tasks.length && chosen.length < wanted.limit; at += QUESTIONS_AT_A_TIME) {
      const asked = tasks.slice(at, at + QUESTIONS_AT_A_TIME);
      const found = await allFinished(asked.map(({ query }) => passRate(context, loaded.policy, query, wanted)));
      rates.push(...found);
      chosen.push(...asked.filter((_, index) => isWanted(found[index], wanted)));
      context.progress("the model that RL starts from", rates.length);
    }
  } finally {
    await loaded.dispose();
  }
  const kept = chosen.slice(0, wanted.limit);
  const passRates: PassRates = { of: "start", samples: wanted.samples, questions: counted(rates), chosen: kept.length };
  context.log.info(describe(passRates));
  if (kept.length > 0) return { tasks: kept, passRates };
  throw new PluginError(
    "NO_QUESTIONS",
    `no question is left to play: ${describe(passRates)}, and none lies between ${wanted.least} and ${wanted.most}.`,
    {
      hint: "Give RL questions that this model sometimes answers rightly, or widen stages.rl.minPassRate and maxPassRate; more passRateSamples tell rates apart that are near 0 or 1.",
    },
  );
}

/** The loop's rates of all its questions. @param chosen how many of these are played */
export async function ratesOfLoop(context: StageContext, chosen: number): Promise<PassRates> {
  const rates: (number | undefined)[] = [];
  for await (const { passRate } of context.questions()) rates.push(passRate);
  return { of: "loop", samples: null, questions: counted(rates), chosen };
}

/** `3 questions at 0.00, 5 at 0.50, 2 at 1.00; 5 are played` */
export function describe({ of, questions, samples, chosen }: PassRates): string {
  const by = of === "start" ? `${samples} samples each of the model that RL starts from` : "the loop's candidates";
  const found = Object.entries(questions).map(([rate, count]) => (rate === "none" ? `${count} could not be judged` : `${count} at ${rate}`));
  return `pass rates by ${by}: ${found.join(", ")}; ${chosen} are played`;
}

async function passRate(
  context: StageContext,
  policy: Policy,
  query: Query,
  { samples, temperature, examples }: Wanted,
): Promise<number | undefined> {
  const asked = await context.ask(query);
  if ("drop" in asked) return undefined;
  const request = examples ? asked : { ...asked, examples: [] };
  const { id } = context.policy();
  const written = await allFinished(
    Array.from({ length: samples }, (_, sample) =>
      context.rollouts(policy).write(request, {
        policy: id,
        key: `pass rate ${sample}`,
        sampling: { temperature, topP: 1, topK: 0 },
        provenance: { origin: "rollout" },
        signal: context.signal,
      }),
    ),
  );
  const scored = await context.score(
    query,
    written.filter(({ finish }) => finish !== "failed"),
  );
  const judged = scored.flatMap(({ scores }) => isRight(scores["correctness"]) ?? []);
  return judged.length === 0 ? undefined : judged.filter(Boolean).length / judged.length;
}

function isWanted(rate: number | undefined, { least, most }: Wanted): boolean {
  return rate !== undefined && rate >= least && rate <= most;
}

function counted(rates: readonly (number | undefined)[]): PassRates["questions"] {
  const counts = new Map<string, number>();
  for (const rate of rates.toSorted((a, b) => (a ?? 2) - (b ?? 2))) {
    const name = rate?.toFixed(2) ?? "none";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return Object.fromEntries(counts);
}

/** Why the rates of the model that RL starts from cannot be had, in half a sentence; undefined where they can. */
export function whyNotStart(context: StageContext, folder: string | undefined): string | undefined {
  if (folder === undefined) return "its name is one that only the trainer knows, not a folder";
  let policy: { readonly id: string; readonly policy: Policy };
  try {
    policy = context.policy();
  } catch {
    return "the preset names no policy";
  }
  return policy.policy.withModel === undefined ? `the policy "${policy.id}" cannot load its weights` : undefined;
}

/** Whether the settings leave any question out by its rate. */
export function choosesByRate({ minPassRate = 0, maxPassRate = 1 }: Readonly<JsonObject>): boolean {
  return Number(minPassRate) > 0 || Number(maxPassRate) < 1;
}
