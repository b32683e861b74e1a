/** Files to a hub, as one commit: afterwards all of them are there, or none. */
import type { HubAccess } from "./access.ts";
import type { LocalFile } from "./differences.ts";
import { failureOf, publicAlready, type Step, stopped } from "./failures.ts";
import { Repository } from "./repository.ts";
import { addressOf, type HubTarget, type Visibility } from "./target.ts";

export interface Push {
  readonly target: HubTarget;
  readonly access: HubAccess;
  readonly files: readonly LocalFile[];
  /** Of the commit. */
  readonly title: string;
  readonly signal?: AbortSignal;
  /** How much of a file is sent, from 0 to 1. */
  readonly onProgress?: (path: string, share: number) => void;
}

export interface Pushed {
  readonly address: string;
  readonly branch: string;
  /** The commit that holds the files. */
  readonly revision: string;
  readonly visibility: Visibility;
  /** The repository was made for them. */
  readonly created: boolean;
  readonly sent: readonly string[];
  /** Those that were there already, byte for byte. */
  readonly unchanged: readonly string[];
}

/**
 * @throws ATRAJ_PUSH_FAILED where the hub refuses or cannot be reached; ATRAJ_INTERRUPTED; ATRAJ_USAGE where data would become public and nobody said that
 * they may
 */
export async function push({ target, access, files, title, signal, onProgress }: Push): Promise<Pushed> {
  const repository = new Repository(target, access);
  let step: Step = "look";
  const during = <T>(next: Step, work: Promise<T>): Promise<T> => {
    step = next;
    return unlessStopped(work, signal);
  };
  try {
    const before = await during("look", repository.look());
    if (before === undefined) await during("create", repository.create());
    // One that was just made is looked at too: a hub of somebody's own may have made it public all the same.
    const found = before ?? (await during("look", repository.look()));
    if (found?.visibility === "public" && target.visibility === "private") throw publicAlready({ target, access });
    const parent = await during("branch", repository.branch(found));
    const lacking = await during("compare", repository.lacking(files));
    const told = {
      address: addressOf(target, access.endpoint),
      branch: target.branch,
      visibility: found?.visibility ?? target.visibility,
      created: before === undefined,
      sent: lacking.map(({ path }) => path),
      unchanged: files.filter((file) => !lacking.includes(file)).map(({ path }) => path),
    };
    if (lacking.length === 0) return { ...told, revision: parent ?? "" };
    const sending = repository.commit(lacking, { title, parent, signal });
    for (let next = await during("send", sending.next()); ; next = await during(step, sending.next())) {
      if (next.done === true) return { ...told, revision: next.value?.commit.oid ?? "" };
      if (next.value.event === "fileProgress") {
        if (next.value.state === "uploading") onProgress?.(next.value.path, next.value.progress);
      } else if (next.value.phase === "committing") step = "commit";
    }
  } catch (error) {
    throw signal?.aborted === true ? stopped(step, { target, access }) : failureOf(error, step, { target, access });
  }
}

/** Whoever stops is not kept waiting for what cannot be broken off. */
function unlessStopped<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((done, failed) => {
    const stop = () => failed(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(done, failed).finally(() => signal.removeEventListener("abort", stop));
  });
}
