/** What the fake server answers in the benchmarks of policies. */
import type { FakeOptions } from "../fake-openai/server.ts";

export default { answer: () => "<answer>42</answer>" } satisfies FakeOptions;
