/** What calls cost, where a policy says its price. */
import type { Policy, Usage } from "../kernel/plugin.ts";

export type Price = NonNullable<Policy["price"]>;

/** In USD. Cached prompt tokens are part of the prompt tokens and have a price of their own where the policy names one. */
export function costUsd({ promptTokens, cachedTokens, completionTokens }: Usage, { input, cachedInput = input, output }: Price): number {
  return ((promptTokens - cachedTokens) * input + cachedTokens * cachedInput + completionTokens * output) / 1e6;
}
