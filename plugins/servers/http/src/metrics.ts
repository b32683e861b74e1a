/** Counts and times for Prometheus. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

const BUCKETS_S = [0.005, 0.02, 0.1, 0.5, 2, 10, 60];

/** `valid`: judged and worth something. `fallback`: invalid, and answered with the reward that the operator set for that. */
export type RewardOutcome = "valid" | "invalid" | "fallback";

export class Metrics {
  inFlight = 0;
  readonly #registry = new Registry();
  readonly #requests: Counter<"method" | "route" | "code">;
  readonly #turns: Counter<"outcome">;
  readonly #toolSeconds: Counter;
  readonly #rewards: Counter<"outcome">;
  readonly #latencies: Histogram<"route">;

  constructor(openSessions: () => number) {
    const registers = [this.#registry];
    const gauge = (name: string, help: string, value: () => number) =>
      new Gauge({
        ...{ name, help, registers },
        collect() {
          this.set(value());
        },
      });
    const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) => new Counter({ name, help, labelNames, registers });
    this.#requests = counter("autotraj_requests_total", "Requests by route and status.", ["method", "route", "code"]);
    gauge("autotraj_requests_in_flight", "Requests being answered, this one included.", () => this.inFlight);
    gauge("autotraj_sessions_open", "Episodes begun and not ended.", openSessions);
    this.#turns = counter("autotraj_turns_total", "Turns taken.", ["outcome"]);
    this.#toolSeconds = counter("autotraj_tool_seconds_total", "Seconds spent in turns that called tools.", []);
    this.#rewards = counter("autotraj_rewards_total", "Rewards by whether they are valid.", ["outcome"]);
    this.#latencies = new Histogram({
      ...{ name: "autotraj_request_seconds", help: "From a request's head to the end of its answer.", registers },
      ...{ labelNames: ["route"] as const, buckets: BUCKETS_S },
    });
    // What has not happened yet has happened 0 times, which rates are computed from.
    for (const outcome of ["ok", "error"]) this.#turns.inc({ outcome }, 0);
    for (const outcome of ["valid", "invalid", "fallback"]) this.#rewards.inc({ outcome }, 0);
  }

  /** `route` is a route's pattern, never a path: labels stay few. */
  request(method: string, route: string, code: number, seconds: number): void {
    this.#requests.inc({ method, route, code });
    this.#latencies.observe({ route }, seconds);
  }

  turn(outcome: "ok" | "error", toolSeconds: number): void {
    this.#turns.inc({ outcome });
    this.#toolSeconds.inc(toolSeconds);
  }

  reward(outcome: RewardOutcome): void {
    this.#rewards.inc({ outcome });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
