/** Where the reader came from: the list with its filter, to which `u` goes back. */
const last = new Map<LeavingView, string>();

/** What is left for one of its rows, and come back to. Repairs are a list of trajectories. */
export type LeavingView = "trajectories" | "pairs" | "evaluation";

export function rememberList(address: string, view: LeavingView = "trajectories"): void {
  last.set(view, address);
}

export function lastList(run: string, view: LeavingView = "trajectories"): string {
  const base = `/r/${encodeURIComponent(run)}/`;
  const known = last.get(view);
  return known?.startsWith(base) === true ? known : base + view;
}
