/** pass@k from more samples than k: how likely at least one of k samples is right. Pure. */

/**
 * The unbiased estimate of pass@k from `n` samples of which `right` are right: 1 − C(n − right, k) / C(n, k), the share of all choices of k samples with a right one
 * among them. Taking k = n samples for every k, or 1 − (1 − right / n)^k, is biased (M. Chen et al., Evaluating Large Language Models Trained on Code, 2021, section 2.1).
 * As a product of ratios, so that no binomial over- or underflows.
 * @throws RangeError unless 1 ≤ k ≤ n and 0 ≤ right ≤ n, all of them whole
 */
export function passAtK(n: number, right: number, k: number): number {
  const whole = [n, right, k].every(Number.isInteger);
  if (!whole || k < 1 || k > n || right < 0 || right > n) throw new RangeError(`there is no pass@${k} of ${n} samples with ${right} right`);
  // C(n − right, k) / C(n, k) = ∏ (n − right − i) / (n − i) for i < k; a factor 0 where fewer than k are wrong.
  let noneRight = 1;
  for (let drawn = 0; drawn < k && noneRight > 0; drawn++) noneRight *= Math.max(0, n - right - drawn) / (n - drawn);
  return 1 - noneRight;
}

/** The ks that tables show of n samples: 1, 2, 4, 8, … below n, and n itself. Of none, none. */
export function ksUpTo(n: number): readonly number[] {
  const ks: number[] = [];
  for (let k = 1; k < n; k *= 2) ks.push(k);
  return n < 1 ? [] : [...ks, n];
}
