/** What a training changed, in a line. */

/** `changed 31 % of weights, KL 0.012 nats a token`: beside the model it started from. Undefined where its trainer did not measure it. */
export function changeText({ weightsChanged, kl }: Readonly<Record<string, number>>): string | undefined {
  if (weightsChanged === undefined) return undefined;
  return `changed ${Number((100 * weightsChanged).toPrecision(2))} % of weights${kl === undefined ? "" : `, KL ${kl.toPrecision(2)} nats a token`}`;
}
