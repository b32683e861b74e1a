/** What people have said of one trajectory, and the buttons to say more. */
import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import type { ActView, CurationAnswer, RowCuration, TrajectoryRow } from "../../../src/api.ts";
import { FateMark, Line, Section, trajectoryAddress } from "../parts.tsx";
import { shown } from "../shown-text.ts";
import { ActRow } from "./act-row.tsx";
import { type Deed, UNTOUCHED, useCuration, useDo } from "./acts.ts";

interface OfRow {
  readonly run: string;
  readonly row: TrajectoryRow;
}

export function CurationSection({ run, row }: OfRow) {
  const { data, error } = useCuration(run);
  if (data === undefined) return error === null ? null : <Section title="By hand">{shown(error.message)}</Section>;
  return (
    <Section title="By hand">
      <Said curation={data.rows[row.id] ?? UNTOUCHED} />
      <Acting {...{ run, row }} answer={data} />
      <ActsOn {...{ run, row }} acts={data.acts} />
    </Section>
  );
}

function Said({ curation: { marked, tags, notes, verdict, place } }: { readonly curation: RowCuration }) {
  const words = [marked ? "marked" : "", place === "drop" ? "dropped" : place === "pin" ? "pinned" : ""].filter((word) => word !== "");
  if (words.length + tags.length + notes.length === 0 && verdict === undefined) return null;
  return (
    <div className="said">
      {verdict === undefined ? null : <FateMark fate={verdict === "keep" ? "kept" : "refused"} />}
      {[...words, ...tags].map((word) => (
        <span key={word} className="tag">
          <Line>{word}</Line>
        </span>
      ))}
      {notes.map((note, at) => (
        <p key={`${at} ${note.length}`}>
          <bdi className="break">{shown(note)}</bdi>
        </p>
      ))}
    </div>
  );
}

function Acting({ run, row: { id }, answer: { rows, canEdit } }: OfRow & { readonly answer: CurationAnswer }) {
  const doing = useDo(run);
  const { marked, verdict, place } = rows[id] ?? UNTOUCHED;
  const button = (label: string, deed: Deed, isSo: boolean) => (
    <Button size="compact-xs" variant="default" disabled={isSo || doing.isPending} onClick={() => doing.mutate(deed)}>
      {label}
    </Button>
  );
  return (
    <>
      <div className="acting">
        {button("Keep", { kind: "verdict", on: id, decision: "keep" }, verdict === "keep")}
        {button("Refuse", { kind: "verdict", on: id, decision: "refuse" }, verdict === "refuse")}
        {button("Drop", { kind: "drop", on: id }, place === "drop")}
        {button("Pin", { kind: "pin", on: id }, place === "pin" || verdict === "refuse")}
        {button("Mark", { kind: "mark", on: id }, marked)}
        {canEdit ? <Link href={`${trajectoryAddress(run, id)}/edit`}>Edit</Link> : null}
      </div>
      <Saying label="Tag" most={60} say={(tag) => doing.mutateAsync({ kind: "tag", on: id, tag })} />
      <Saying label="Note" most={10_000} say={(text) => doing.mutateAsync({ kind: "note", on: id, text })} />
      {doing.error === null ? null : (
        <p className="bad" role="alert">
          {shown(doing.error.message)}
        </p>
      )}
    </>
  );
}

function Saying({ label, most, say }: { readonly label: string; readonly most: number; readonly say: (text: string) => Promise<unknown> }) {
  const [text, setText] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim() !== "")
      say(text.trim()).then(
        () => setText(""),
        () => {},
      );
  };
  return (
    <form className="saying" onSubmit={submit}>
      <TextInput
        size="xs"
        aria-label={label}
        placeholder={label}
        maxLength={most}
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
      />
      <Button size="compact-xs" variant="default" type="submit" disabled={text.trim() === ""}>
        Add
      </Button>
    </form>
  );
}

function ActsOn({ run, row: { id }, acts }: OfRow & { readonly acts: readonly ActView[] }) {
  const own = acts.filter(({ on, into }) => on === id || into === id);
  if (own.length === 0) return null;
  return (
    <table className="plain acts">
      <tbody>
        {own.map((act) => (
          <ActRow key={act.id} run={run} act={act} of="row" />
        ))}
      </tbody>
    </table>
  );
}
