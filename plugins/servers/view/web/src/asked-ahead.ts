/** What the first view shows is asked for before anything is drawn: its page, the runs, and the figures of the overview. */
import type { QueryClient } from "@tanstack/react-query";
import { overviewQuery, runsQuery } from "./data.ts";
import { viewAt } from "./views.ts";

/** Comes back when the page is there, or is not to be had: what is refused here is told by the view, which asks again. */
export async function askAhead(client: QueryClient, address: string): Promise<void> {
  const [, run, path = ""] = /^\/r\/([^/]+)(.*)$/.exec(address) ?? [];
  const view = viewAt(path);
  figuresAhead(client, view.path === "", run).catch(() => {});
  await Promise.allSettled(view.pages.map((page) => page.load()));
}

async function figuresAhead(client: QueryClient, overviewToo: boolean, run: string | undefined): Promise<void> {
  const { runs } = await client.fetchQuery(runsQuery);
  const shown = run === undefined ? runs[0]?.key : decodeURIComponent(run);
  if (overviewToo && shown !== undefined) await client.prefetchQuery(overviewQuery(shown));
}
