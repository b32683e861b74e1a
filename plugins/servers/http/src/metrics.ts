/** Counts and times in Prometheus's text format. */

const BUCKETS_S = [0.005, 0.02, 0.1, 0.5, 2, 10, 60];

interface Latency {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** `computed`: judged and worth something. `fallback`: invalid, and answered with the reward that the operator set for that. */
export type RewardOutcome = "valid" | "invalid" | "fallback";

export class Metrics {
  inFlight = 0;
  readonly #openSessions: () => number;
  readonly #requests = new Map<string, number>();
  readonly #latencies = new Map<string, Latency>();
  readonly #turns = { ok: 0, error: 0 };
  readonly #rewards: Record<RewardOutcome, number> = { valid: 0, invalid: 0, fallback: 0 };
  #toolSeconds = 0;

  constructor(openSessions: () => number) {
    this.#openSessions = openSessions;
  }

  /** `route` is a route's pattern, never a path: labels stay few. */
  request(method: string, route: string, code: number, seconds: number): void {
    const labels = `method="${method}",route="${route}",code="${code}"`;
    this.#requests.set(labels, (this.#requests.get(labels) ?? 0) + 1);
    let latency = this.#latencies.get(route);
    if (latency === undefined) {
      latency = { counts: BUCKETS_S.map(() => 0), sum: 0, count: 0 };
      this.#latencies.set(route, latency);
    }
    latency.sum += seconds;
    latency.count++;
    for (const [index, limit] of BUCKETS_S.entries()) if (seconds <= limit) latency.counts[index] = (latency.counts[index] ?? 0) + 1;
  }

  turn(outcome: "ok" | "error", toolSeconds: number): void {
    this.#turns[outcome]++;
    this.#toolSeconds += toolSeconds;
  }

  reward(outcome: RewardOutcome): void {
    this.#rewards[outcome]++;
  }

  text(): string {
    return [
      ...family("autotraj_requests_total", "counter", "Requests by route and status.", [...this.#requests]),
      ...family("autotraj_requests_in_flight", "gauge", "Requests being answered, this one included.", [["", this.inFlight]]),
      ...family("autotraj_sessions_open", "gauge", "Episodes begun and not ended.", [["", this.#openSessions()]]),
      ...family("autotraj_turns_total", "counter", "Turns taken.", labelled("outcome", this.#turns)),
      ...family("autotraj_tool_seconds_total", "counter", "Seconds spent in turns that called tools.", [["", this.#toolSeconds]]),
      ...family("autotraj_rewards_total", "counter", "Rewards by whether they are valid.", labelled("outcome", this.#rewards)),
      "# HELP autotraj_request_seconds From a request's head to the end of its answer.",
      "# TYPE autotraj_request_seconds histogram",
      ...[...this.#latencies].flatMap(([route, latency]) => histogram(route, latency)),
      "",
    ].join("\n");
  }
}

function family(name: string, type: string, help: string, rows: readonly (readonly [string, number])[]): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...rows.map(([labels, value]) => `${name}${labels === "" ? "" : `{${labels}}`} ${value}`),
  ];
}

function labelled(label: string, values: Readonly<Record<string, number>>): [string, number][] {
  return Object.entries(values).map(([value, count]) => [`${label}="${value}"`, count]);
}

function histogram(route: string, { counts, sum, count }: Latency): string[] {
  const row = (limit: string, value: number) => `autotraj_request_seconds_bucket{route="${route}",le="${limit}"} ${value}`;
  return [
    ...BUCKETS_S.map((limit, index) => row(String(limit), counts[index] ?? 0)),
    row("+Inf", count),
    `autotraj_request_seconds_sum{route="${route}"} ${sum}`,
    `autotraj_request_seconds_count{route="${route}"} ${count}`,
  ];
}
