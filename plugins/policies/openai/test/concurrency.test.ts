import { expect } from "chai";
import { Limiter, type Outcome } from "../src/limiter.ts";
import { anySignal, closeAll, fake, numbered, policyAt } from "./support.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe("policy-openai under load", () => {
  afterEach(closeAll);

  it("brings every request through a storm of 429s, each answered once, in a limit the server bears", async () => {
    const server = await fake({ answer: ({ body }) => String(body.prompt), latencyMs: 2, capacity: { calls: 6, status: 429 } });
    const policy = await policyAt(server.baseURL, { concurrency: { start: 40, max: 64 }, maxRetries: 1000 });
    const texts = await Promise.all(upTo(300).map(async (n) => (await policy.generate(numbered(n), anySignal)).text));
    for (const n of upTo(300)) expect(texts[n]).to.include(`question ${n}`);
    expect(server.answered.size).to.equal(300);
    expect([...server.answered.values()].filter((times) => times !== 1)).to.deep.equal([]);
    const refused = server.calls.length - 300;
    expect(refused, "refusals at the beginning and at each probe upwards, not one per request").to.be.within(1, 250);
  });

  it("comes through a server that drops, refuses and garbles a third of everything", async () => {
    const kinds = ["status", "cut", "half-json", "reset"] as const;
    const server = await fake({
      fault: ({ number }) => (number % 3 === 0 ? { kind: kinds[(number / 3) % 4] ?? "cut", status: 503 } : undefined),
    });
    const policy = await policyAt(server.baseURL, { concurrency: { start: 16 }, maxRetries: 1000 });
    await Promise.all(upTo(200).map((n) => policy.generate(numbered(n), anySignal)));
    expect(server.answered.size).to.equal(200);
    expect(Math.max(...server.answered.values())).to.equal(1);
  });

  it("holds everything back while the server is away, so that no request's retries are used up", async () => {
    let back = false;
    const server = await fake({ fault: () => (back ? undefined : { kind: "status", status: 503 }) });
    const policy = await policyAt(server.baseURL, { maxRetries: 8 });
    const turns = upTo(200).map((n) => policy.generate(numbered(n), anySignal));
    setTimeout(() => {
      back = true;
    }, 300);
    await Promise.all(turns);
    expect(server.answered.size).to.equal(200);
    expect(server.calls.length - 200, "refusals").to.be.within(8, 60);
  });

  it("keeps connections open, and opens no more than its limit and as many again for those that are just becoming free", async () => {
    const server = await fake({ latencyMs: 1 });
    const policy = await policyAt(server.baseURL, { concurrency: { start: 4, max: 4 } });
    await Promise.all(upTo(100).map((n) => policy.generate(numbered(n), anySignal)));
    expect(server.peakInFlight).to.equal(4);
    expect(server.connections).to.be.within(4, 8);
  });

  it("lets no request wait for the socket of the answer that it follows", async () => {
    const server = await fake();
    const policy = await policyAt(server.baseURL, { concurrency: { start: 1, max: 1 } });
    for (const n of upTo(20)) await policy.generate(numbered(n), anySignal);
    expect(server.peakInFlight).to.equal(1);
    expect(server.connections, "one that answered, and one for the request sent in the same turn of the event loop").to.equal(2);
  });

  it("serves requests in the order they came", async () => {
    const server = await fake();
    const policy = await policyAt(server.baseURL, { concurrency: { start: 1, max: 1 } });
    await Promise.all(upTo(30).map((n) => policy.generate(numbered(n), anySignal)));
    expect(server.calls.map(({ body }) => Number(body.prompt.match(/question (\d+)/)[1]))).to.deep.equal(upTo(30));
  });

  it("shares one limit between policies of the same server and model, and takes the stricter bounds", async () => {
    const server = await fake({ latencyMs: 10 });
    const one = await policyAt(server.baseURL, { concurrency: { start: 8, max: 8 } });
    const two = await policyAt(server.baseURL, { concurrency: { start: 3, max: 3 } });
    const other = await policyAt(server.baseURL, { model: "another", concurrency: { start: 2, max: 2 } });
    await Promise.all(upTo(30).flatMap((n) => [one, two].map((policy) => policy.generate(numbered(n), anySignal))));
    expect(server.peakInFlight).to.equal(3);
    await Promise.all(upTo(20).flatMap((n) => [one, other].map((policy) => policy.generate(numbered(n), anySignal))));
    expect(server.peakInFlight).to.equal(5);
  });
});

describe("the limiter of policy-openai", () => {
  const never = new AbortController().signal;
  const answered = { kind: "answered", units: 20 } as const;
  const throttled = { kind: "refused", overloaded: true, away: false } as const;
  const PAUSE_MS = 100;
  let now = 0;

  const limiterFor = (start: number, min: number, max: number) => new Limiter({ start, min, max }, PAUSE_MS, () => now);

  /** As many calls as are allowed, all at once, each taking `ms`. */
  async function round(limiter: Limiter, outcome: Outcome, ms = 10): Promise<number> {
    now++;
    const leases = await Promise.all(upTo(limiter.state.limit).map(() => limiter.acquire(limiter.ticket(), never)));
    now += ms;
    for (const lease of leases) lease.end(outcome);
    return limiter.state.limit;
  }

  it("halves once per round of refusals, down to its minimum", async () => {
    const limiter = limiterFor(8, 2, 8);
    const limits = [await round(limiter, throttled), await round(limiter, throttled), await round(limiter, throttled)];
    expect(limits).to.deep.equal([4, 2, 2]);
  });

  it("grows again by one per round once our own clock allows it", async () => {
    const limiter = limiterFor(8, 1, 32);
    await round(limiter, throttled);
    expect(await round(limiter, answered), "too early").to.equal(4);
    now += 4 * PAUSE_MS;
    const limits = [];
    for (let n = 0; n < 4; n++) limits.push(await round(limiter, answered));
    expect(limits).to.deep.equal([4, 5, 6, 7]);
  });

  it("grows by half per round before the first refusal, and not beyond its maximum", async () => {
    const limiter = limiterFor(8, 1, 32);
    const limits = [];
    for (let n = 0; n < 4; n++) limits.push(await round(limiter, answered));
    expect(limits).to.deep.equal([12, 18, 27, 32]);
  });

  it("is back in a few rounds where refusals went on down to the minimum: the server was away", async () => {
    const limiter = limiterFor(64, 1, 64);
    for (let n = 0; n < 8; n++) await round(limiter, throttled);
    expect(limiter.state.limit).to.equal(1);
    now += 4 * PAUSE_MS;
    const limits = [];
    for (let n = 0; n < 12; n++) limits.push(await round(limiter, answered));
    expect(limits.at(-1)).to.equal(64);
  });

  it("grows by one per round where some were answered while others were refused: that is as much as the server bears", async () => {
    const limiter = limiterFor(16, 1, 16);
    await round(limiter, throttled);
    now++;
    const leases = await Promise.all(upTo(8).map(() => limiter.acquire(limiter.ticket(), never)));
    now += 10;
    leases.forEach((lease, n) => {
      lease.end(n < 4 ? answered : throttled);
    });
    now += 4 * PAUSE_MS;
    expect(limiter.state.limit).to.equal(4);
    const limits = [];
    for (let n = 0; n < 3; n++) limits.push(await round(limiter, answered));
    expect(limits).to.deep.equal([4, 5, 6]);
  });

  it("wakes those that back off with the first answer after an outage, and not after a single refusal", async () => {
    const HOURS = 10_000_000;
    for (const [refusals, woken] of [
      [3, true],
      [1, false],
    ] as const) {
      const limiter = limiterFor(1, 1, 1);
      for (let n = 0; n < refusals; n++) {
        now += HOURS;
        (await limiter.acquire(limiter.ticket(), never)).end({ kind: "refused", overloaded: true, away: true });
      }
      const stop = new AbortController();
      const backingOff = limiter.backOff(HOURS, stop.signal).then(
        () => true,
        () => false,
      );
      now += HOURS;
      (await limiter.acquire(limiter.ticket(), never)).end(answered);
      stop.abort(new Error("enough"));
      expect(await backingOff, `${refusals} refusals`).to.equal(woken);
    }
  });

  it("does not grow on calls that never reached the limit", async () => {
    const limiter = limiterFor(8, 1, 32);
    for (let n = 0; n < 50; n++) {
      now++;
      (await limiter.acquire(limiter.ticket(), never)).end(answered);
    }
    expect(limiter.state.limit).to.equal(8);
  });

  it("takes latency that grows more than threefold for queueing, though nothing is refused", async () => {
    const limiter = limiterFor(8, 1, 8);
    expect(await round(limiter, answered, 200)).to.equal(8);
    expect(await round(limiter, answered, 590)).to.equal(8);
    expect(await round(limiter, answered, 900)).to.equal(6);
  });

  it("does not take long answers for a slow server, nor a tenth of a second for a long time", async () => {
    const limiter = limiterFor(8, 1, 8);
    await round(limiter, answered, 200);
    expect(await round(limiter, { kind: "answered", units: 100 }, 1000)).to.equal(8);
    const quick = limiterFor(8, 1, 8);
    await round(quick, answered, 10);
    expect(await round(quick, answered, 100)).to.equal(8);
  });

  it("lets a retry go before what came later", async () => {
    const limiter = limiterFor(1, 1, 1);
    const order: string[] = [];
    const take = async (ticket: number, name: string) => {
      const lease = await limiter.acquire(ticket, never);
      order.push(name);
      lease.end(answered);
    };
    const early = limiter.ticket();
    const holding = await limiter.acquire(limiter.ticket(), never);
    const waiting = [take(limiter.ticket(), "second"), take(limiter.ticket(), "third"), take(early, "first")];
    holding.end(answered);
    await Promise.all(waiting);
    expect(order).to.deep.equal(["first", "second", "third"]);
  });

  it("leaves nothing behind in its queue when a request is called off", async () => {
    const limiter = limiterFor(1, 1, 1);
    const holding = await limiter.acquire(limiter.ticket(), never);
    const stop = new AbortController();
    const waiting = limiter.acquire(limiter.ticket(), stop.signal).catch((error: Error) => error.message);
    stop.abort(new Error("called off"));
    expect(await waiting).to.equal("called off");
    holding.end({ kind: "cancelled" });
    expect(limiter.state).to.deep.equal({ limit: 1, inFlight: 0, queued: 0 });
  });
});
