/** What the fake server does in endpoint-storm.ts: from STORM_AT_MS after the first request it refuses everything for STORM_MS, and asks for a wait of 30 years. */
const [at, long] = [Number(process.env.STORM_AT_MS), Number(process.env.STORM_MS)];
let begun;

export default {
  answer: () => "<answer>42</answer>",
  fault() {
    begun ??= performance.now();
    const since = performance.now() - begun - at;
    return since >= 0 && since < long ? { kind: "status", status: 429, retryAfter: 1e9 } : undefined;
  },
};
