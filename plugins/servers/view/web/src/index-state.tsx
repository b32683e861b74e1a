/** How far the viewer's own index is, while it is not all there. */
import { Alert, Progress } from "@mantine/core";
import type { IndexProgress } from "../../src/api.ts";
import { count, shown } from "./shown-text.ts";

export function IndexState({ index }: { readonly index: IndexProgress }) {
  if (index.problem !== null) {
    return (
      <Alert color="red" variant="outline" title="The viewer's index cannot be filled" mb="sm">
        {shown(index.problem)} Filters, sorting and search show what is indexed so far.
      </Alert>
    );
  }
  if (index.complete) return null;
  const percent = index.total === 0 ? 0 : (100 * index.indexed) / index.total;
  return (
    <div className="index-state" role="status">
      <span>
        Indexing {count(index.indexed)} of {count(index.total)} trajectories. Lists and figures hold what is indexed so far.
      </span>
      <Progress value={percent} size="xs" aria-label="Trajectories indexed" />
    </div>
  );
}
