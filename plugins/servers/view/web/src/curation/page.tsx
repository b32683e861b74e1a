/** All that people have done to the run's rows, the latest first. */
import { Button } from "@mantine/core";
import { useState } from "react";
import { Failure, Section, Waiting } from "../parts.tsx";
import { count } from "../shown-text.ts";
import { ActRow } from "./act-row.tsx";
import { useCuration } from "./acts.ts";

/** So many at a time: each is a row with links and a button, and a run may have ten thousand. */
const AT_A_TIME = 100;

export function CurationPage({ run }: { readonly run: string }) {
  const { data, error } = useCuration(run);
  const [shown, setShown] = useState(AT_A_TIME);
  if (data === undefined) return error === null ? <Waiting what="Reading what was done" /> : <Failure error={error} />;
  const acts = data.acts.toReversed();
  return (
    <div className="page">
      <h1 className="page-title">Curation</h1>
      <p className="quiet intro">
        What people have changed. The run itself stays as it is; <code>autotraj export --curated</code> writes its data sets with these changes.
      </p>
      <Section title="Acts" aside={<span className="quiet">{count(acts.length)}</span>}>
        {acts.length === 0 ? (
          <p className="quiet">Nothing was changed by hand. Open a trajectory: the buttons are at its side.</p>
        ) : (
          <table className="plain acts">
            <tbody>
              {acts.slice(0, shown).map((act) => (
                <ActRow key={act.id} run={run} act={act} of="run" />
              ))}
            </tbody>
          </table>
        )}
        {acts.length > shown ? (
          <p className="more">
            <Button size="compact-xs" variant="default" onClick={() => setShown(shown + AT_A_TIME)}>
              Show more
            </Button>{" "}
            <span className="quiet">{count(acts.length - shown)} acts left; `autotraj curate` lists all.</span>
          </p>
        ) : null}
      </Section>
    </div>
  );
}
