/** Which trajectory stands on one side: what it answers, who wrote it, and its own page where the run has it. */
import { Link } from "wouter";
import type { ComparedSide } from "../../../src/learning-api.ts";
import { Line, trajectoryAddress } from "../parts.tsx";
import { shown } from "../shown-text.ts";

export function SideTitle({ run, side: { trajectory, inRun } }: { readonly run: string; readonly side: ComparedSide }) {
  const { row, provenance } = trajectory;
  const author = [provenance["repairer"], provenance["policy"], provenance["model"]].filter((part) => typeof part === "string").join(" · ");
  return (
    <span className="side-title">
      <span>
        <span className="quiet">answer</span> <bdi>{row.answer === null ? "none" : shown(row.answer)}</bdi>
      </span>
      <span className="quiet">
        <Line>{author}</Line>
      </span>
      {inRun ? <Link href={trajectoryAddress(run, row.id)}>open</Link> : null}
    </span>
  );
}
