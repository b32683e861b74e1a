/** What the shading of the loss mask means, for this trajectory. */
import type { TrajectoryView } from "../../../src/api.ts";

export function MaskNote({ trajectory: { mask, messages, row } }: { readonly trajectory: TrajectoryView }) {
  if (mask === null) return <p className="bad">No trainer could read this trajectory: its messages are not those of a dialect.</p>;
  const learns = messages.some(({ seen }) => seen?.train === true);
  const end = mask.ended ? "the mark that ends the last turn too" : "not the mark that would end its last turn, which was cut off";
  return (
    <p className="mask-note">
      <span className="loss-key">shaded</span> The loss is on this, {end}. Between the texts stand the marks of the model's own chat template.{" "}
      {row.fate === "kept" || row.fate === "accepted"
        ? "It is among the rows for SFT."
        : "It is not among the rows for SFT: this is how a trainer would read it, as the rejected side of a pair for example."}
      {learns ? "" : " Nothing of it would be learnt."}
    </p>
  );
}
