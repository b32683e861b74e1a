/** What a trainer sees of a trajectory, and on which of it the loss is taken: by the same function that the trainers' rows are written with. */
import type { Dialects, JsonObject, Message, Trajectory } from "@autotraj/core/plugin";
import { endingWithTheModel } from "@autotraj/core/rows";
import { turnsRow } from "@autotraj/trajectory-text/turns";

export interface SeenText {
  readonly text: string;
  readonly train: boolean;
}

export interface LossMask {
  /** By message; null for one that the trainer is not shown. */
  readonly seen: readonly (SeenText | null)[];
  /** The mark that ends the last turn is the model's own, and is learnt with it. */
  readonly ended: boolean;
}

/** As stages `sft`, `reward-model` and `rl` give it to their trainers: it ends with the model's last turn. */
export function lossMask(trajectory: Trajectory, dialects: Dialects): LossMask {
  const taught = endingWithTheModel(trajectory);
  const { turns, ended } = turnsRow(taught, dialects);
  const pieces = turns.flatMap(piecesOf);
  let next = 0;
  const seen = trajectory.messages.map((message, index) => {
    if (index >= taught.messages.length || isUnseen(message, trajectory, dialects)) return null;
    const piece = pieces[next++];
    if (piece === undefined) return null;
    const text = piece.text ?? dialects.get(trajectory.dialect).text(message as Extract<Message, { role: "assistant" | "tool" }>);
    return { text, train: piece.train };
  });
  return { seen, ended };
}

/** Without a text of its own: what the chat template makes of a turn with thinking and calls. */
interface Piece {
  readonly text?: string;
  readonly train: boolean;
}

function piecesOf({ role, content, segments, train }: JsonObject): readonly Piece[] {
  if (Array.isArray(segments)) return segments.map((segment) => segment as unknown as SeenText);
  return [{ ...(role === "assistant" ? {} : { text: String(content) }), train: train === true }];
}

/** An empty system prompt is shown to nobody; in tags an empty turn is no text at all. */
function isUnseen(message: Message, { dialect, tools }: Trajectory, dialects: Dialects): boolean {
  if (message.role === "system") return message.content === "";
  return message.role === "assistant" && dialect === "tags" && dialects.get("tags").text(message, tools) === "";
}
