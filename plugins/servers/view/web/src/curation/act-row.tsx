/** One act in a table: who, when, what, and its undo. */
import { Button } from "@mantine/core";
import { Link } from "wouter";
import type { ActView } from "../../../src/api.ts";
import { Line, trajectoryAddress } from "../parts.tsx";
import { shown } from "../shown-text.ts";
import { timeOf, useDo } from "./acts.ts";

const DONE: Readonly<Record<ActView["kind"], string>> = {
  mark: "marked",
  drop: "dropped",
  pin: "pinned",
  tag: "tagged",
  note: "noted",
  verdict: "verdict",
  edit: "edited:",
  undo: "undid",
};

/** `of`: whether it stands beside its trajectory, or in a list of all. */
export function ActRow({ run, act, of }: { readonly run: string; readonly act: ActView; readonly of: "row" | "run" }) {
  const { kind, by, said, on, into, undoneBy, position } = act;
  const doing = useDo(run);
  return (
    <tr data-undone={undoneBy !== null || undefined}>
      <th scope="row">
        <Line>{by}</Line>
        <span className="quiet"> {timeOf(act)}</span>
      </th>
      {of === "row" ? null : <td>{on === null ? "" : <Link href={trajectoryAddress(run, on)}>{`question ${position + 1}, ${on}`}</Link>}</td>}
      <td>
        {DONE[kind]} <bdi className="break">{shown(said)}</bdi>{" "}
        {into === null ? null : <Link href={trajectoryAddress(run, into)}>what it became</Link>}
        {undoneBy === null ? null : <span className="quiet"> (undone)</span>}
      </td>
      <td>
        {undoneBy === null ? (
          <Button
            size="compact-xs"
            variant="default"
            aria-label={`Undo: ${DONE[kind]} ${said}`.trim()}
            disabled={doing.isPending}
            onClick={() => doing.mutate({ kind: "undo", act: act.id })}
          >
            Undo
          </Button>
        ) : null}
      </td>
    </tr>
  );
}
