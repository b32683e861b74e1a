/** Whether what a training changed is more than what rounding takes away again. */

/** Below it less than half of the change's direction is left: what is evaluated is mostly rounding. */
const LEAST_SEEN = 0.5;

/** What is to be said where evaluation, which has weights in 16 bits, can hardly see what a stage changed; undefined where it can, and where nothing was measured. */
export function unseenChange(stage: string, metrics: Readonly<Record<string, number>>): string | undefined {
  const { weightsChanged, weightsChangedF16 = 0, largestChange = 0, changeSeenInF16 = 0 } = metrics;
  if (weightsChanged === undefined || changeSeenInF16 >= LEAST_SEEN) return undefined;
  const what =
    weightsChangedF16 === 0
      ? `changed no weight that can be told in 16 bits (largest change ${largestChange.toPrecision(2)})`
      : `changed weights so little (${largestChange.toPrecision(2)} at most) that in 16 bits the change is mostly rounding (cosine to the real one ${changeSeenInF16.toFixed(2)})`;
  return `stage ${stage} ${what}: evaluation will show hardly anything of it. Train for more steps or at a higher learningRate.`;
}
