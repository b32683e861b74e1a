/** Edits that are played: one at a time, by the host, whoever waits for it. */
import { randomBytes } from "node:crypto";
import type { PlayEdit } from "@autotraj/core/plugin";
import type { EditJob } from "../api.ts";
import { Problem } from "../problem.ts";

export class EditJobs {
  readonly #play: PlayEdit | undefined;
  readonly #hide: (text: string) => string;
  readonly #ending = new AbortController();
  #latest: EditJob | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(play: PlayEdit | undefined, hide: (text: string) => string) {
    this.#play = play;
    this.#hide = hide;
  }

  get possible(): boolean {
    return this.#play !== undefined;
  }

  /** Only the latest is remembered: there is one browser. */
  job(id: string): EditJob {
    if (this.#latest?.id === id) return this.#latest;
    throw new Problem(404, "NO_JOB", "There is no such edit under way, or no longer. The list of acts shows what came of it.");
  }

  begin(edit: Parameters<PlayEdit>[0]): EditJob {
    if (this.#play === undefined) throw new Problem(501, "NO_TOOLS", "Nothing can be played here: start the viewer with `autotraj view`.");
    if (this.#latest?.state === "running") throw new Problem(409, "BUSY", "Another edit is being played. Wait for its end.");
    const id = randomBytes(9).toString("base64url");
    this.#tell({ id, state: "running", doing: "Beginning", trajectory: null, problem: null });
    this.#work = this.#play(edit, { signal: this.#ending.signal, say: (doing) => this.#tell({ doing: this.#hide(doing) }) }).then(
      (trajectory) => this.#tell({ state: "done", trajectory }),
      (error: unknown) => this.#tell({ state: "failed", problem: this.#hide(error instanceof Error ? error.message : String(error)) }),
    );
    return this.job(id);
  }

  #tell(news: Partial<EditJob>): void {
    this.#latest = { ...(this.#latest as EditJob), ...news };
  }

  /** What is under way is ended, and has let go of its tools. */
  async close(): Promise<void> {
    this.#ending.abort(new Error("the viewer ends"));
    await this.#work;
  }
}
