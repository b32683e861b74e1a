/** The frame: which run, which view, and the pages below. */
import { ActionIcon, Kbd, Modal, NativeSelect, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { Suspense, useEffect, useRef } from "react";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";
import type { RunEntry } from "../../src/api.ts";
import { Boundary } from "./boundary.tsx";
import { useRuns } from "./data.ts";
import { OverviewPage } from "./overview/page.tsx";
import { Failure, Waiting } from "./parts.tsx";
import { shownLine } from "./shown-text.ts";
import { TrajectoriesPage } from "./trajectories/page.tsx";
import {
  AnswersPage,
  ComparePage,
  CurationPage,
  EditorPage,
  EvaluationPage,
  PairPage,
  PairsPage,
  RepairPage,
  TrainingPage,
  TrajectoryPage,
  VIEWS,
  viewAt,
} from "./views.ts";

export function App() {
  const { data, error } = useRuns();
  if (error !== null && data === undefined) return <Failure error={error} />;
  if (data === undefined) return <Waiting what="Opening the runs" />;
  const first = data.runs[0];
  if (first === undefined) return <Failure error={new Error("The viewer was given no run.")} />;
  return (
    <Switch>
      <Route path="/r/:run/*?">{({ run }) => <Frame runs={data.runs} run={decodeURIComponent(run)} />}</Route>
      <Route>
        <Redirect to={`/r/${encodeURIComponent(first.key)}`} replace />
      </Route>
    </Switch>
  );
}

function Frame({ runs, run }: { readonly runs: readonly RunEntry[]; readonly run: string }) {
  const entry = runs.find(({ key }) => key === run);
  const [location, go] = useLocation();
  const [helpOpen, help] = useDisclosure(false);
  const base = `/r/${encodeURIComponent(run)}`;
  useHotkeys([...VIEWS.map(({ path, key }): [string, () => void] => [key, () => go(base + path)]), ["shift+?", help.open]]);
  const here = location.slice(base.length);
  const view = viewAt(here);
  useEffect(() => {
    document.title = `${view.title} · ${run} · AutoTraj`;
  }, [view, run]);
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // Where not all views fit beside each other, the one that is shown does.
    if (view !== undefined) nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [view]);
  return (
    <>
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <header className="bar">
        <Link className="name" href={base}>
          AutoTraj
        </Link>
        {runs.length === 1 ? (
          <span className="run-name">{shownLine(run)}</span>
        ) : (
          <NativeSelect
            aria-label="Run"
            size="xs"
            value={run}
            data={runs.map(({ key }) => key)}
            onChange={({ currentTarget }) => go(`/r/${encodeURIComponent(currentTarget.value)}${view.path}`)}
          />
        )}
        <nav aria-label="Views" ref={nav}>
          {VIEWS.filter(({ path }) => path !== "/compare" || runs.length > 1).map(({ path, title }) => (
            <Link key={path} href={base + path} aria-current={path === view.path ? "page" : undefined}>
              {title}
            </Link>
          ))}
        </nav>
        <span className="spread" />
        {entry === undefined ? null : <RunState entry={entry} />}
        <ActionIcon variant="subtle" color="gray" aria-label="Keys" onClick={help.open}>
          ?
        </ActionIcon>
        <SchemeSwitch />
      </header>
      <main id="main" tabIndex={-1}>
        {entry === undefined ? (
          <Failure error={new Error(`The viewer was not given a run called ${run}.`)} />
        ) : (
          <Boundary at={here}>
            <Suspense fallback={<Waiting what="Opening" />}>
              <Pages entry={entry} runs={runs} />
            </Suspense>
          </Boundary>
        )}
      </main>
      <Modal opened={helpOpen} onClose={help.close} title="Keys" size="md">
        <KeyTable />
      </Modal>
    </>
  );
}

function Pages({ entry: { key, problem }, runs }: { readonly entry: RunEntry; readonly runs: readonly RunEntry[] }) {
  if (problem !== null) return <Failure error={new Error(problem)} />;
  return (
    <Switch>
      <Route path="/r/:run/trajectories/:id/edit">{({ id }) => <EditorPage run={key} id={decodeURIComponent(id)} />}</Route>
      <Route path="/r/:run/trajectories/:id">{({ id }) => <TrajectoryPage run={key} id={decodeURIComponent(id)} />}</Route>
      <Route path="/r/:run/trajectories">
        <TrajectoriesPage run={key} view="trajectories" />
      </Route>
      <Route path="/r/:run/repairs/:id">{({ id }) => <RepairPage run={key} id={decodeURIComponent(id)} />}</Route>
      <Route path="/r/:run/repairs">
        <TrajectoriesPage run={key} view="repairs" />
      </Route>
      <Route path="/r/:run/pairs/:set/:place">{({ set, place }) => <PairPage run={key} set={decodeURIComponent(set)} place={place} />}</Route>
      <Route path="/r/:run/pairs">
        <PairsPage run={key} />
      </Route>
      <Route path="/r/:run/training">
        <TrainingPage run={key} />
      </Route>
      <Route path="/r/:run/evaluation/answers">
        <AnswersPage run={key} />
      </Route>
      <Route path="/r/:run/evaluation">
        <EvaluationPage run={key} />
      </Route>
      <Route path="/r/:run/compare">
        <ComparePage run={key} runs={runs} />
      </Route>
      <Route path="/r/:run/curation">
        <CurationPage run={key} />
      </Route>
      <Route path="/r/:run">
        <OverviewPage run={key} />
      </Route>
      <Route>
        <Failure error={new Error("There is no such page.")} />
      </Route>
    </Switch>
  );
}

function RunState({ entry: { state, changedAt } }: { readonly entry: RunEntry }) {
  return (
    <span className="run-state" data-state={state} title={`Last change ${new Date(changedAt).toLocaleString()}`}>
      {state === "stopped" ? "not finished" : state}
    </span>
  );
}

function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const next = useComputedColorScheme("light", { getInitialValueInEffect: false }) === "dark" ? "light" : "dark";
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={`Use ${next} colours`} onClick={() => setColorScheme(next)}>
      {next === "dark" ? "☾" : "☀"}
    </ActionIcon>
  );
}

const KEYS: readonly (readonly [string, string])[] = [
  ["1 to 7", "Overview, Trajectories, Repairs, Pairs, Training, Evaluation, Compare"],
  ["8", "Curation: what was changed by hand"],
  ["/", "Search"],
  ["↓ ↑ or j k", "Next and previous row of the list"],
  ["Enter", "Open the row"],
  ["[ ]", "Previous and next: trajectory of the question, attempt of a repair, pair"],
  ["r", "The trajectory's repair"],
  ["m", "The trajectory's loss mask"],
  ["d", "Two trajectories: side by side or inline"],
  ["u", "Back to the list"],
  ["?", "This table"],
];

function KeyTable() {
  return (
    <table className="plain">
      <tbody>
        {KEYS.map(([keys, what]) => (
          <tr key={keys}>
            <th scope="row">
              <Kbd>{keys}</Kbd>
            </th>
            <td>{what}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
