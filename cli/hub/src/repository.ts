/** A data set's repository on a hub, by the official client. */
import { pathToFileURL } from "node:url";
import {
  type CommitOutput,
  type CommitProgressEvent,
  createBranch,
  createRepo,
  datasetInfo,
  HubApiError,
  pathsInfo,
  uploadFilesWithProgress,
} from "@huggingface/hub";
import type { HubAccess } from "./access.ts";
import { isThere, type LocalFile } from "./differences.ts";
import { type HubTarget, MAIN, type Visibility } from "./target.ts";

export interface Found {
  readonly visibility: Visibility;
  /** The commit at the branch's end. */
  readonly revision: string;
}

export class Repository {
  readonly #target: HubTarget;
  readonly #repo: { readonly type: "dataset"; readonly name: string };
  readonly #as: { readonly accessToken: string; readonly hubUrl: string };

  constructor(target: HubTarget, { token, endpoint }: HubAccess) {
    this.#target = target;
    this.#repo = { type: "dataset", name: target.repository };
    this.#as = { accessToken: token, hubUrl: endpoint };
  }

  /** Undefined where there is none, or none that this token may see. */
  async look(branch: string = MAIN): Promise<Found | undefined> {
    try {
      const found = await datasetInfo({ ...this.#as, name: this.#target.repository, revision: branch, additionalFields: ["sha"] });
      return { visibility: found.private ? "private" : "public", revision: found.sha };
    } catch (error) {
      if (error instanceof HubApiError && error.statusCode === 404) return undefined;
      throw error;
    }
  }

  async create(): Promise<void> {
    await createRepo({ ...this.#as, repo: this.#repo, visibility: this.#target.visibility });
  }

  /** The commit at the branch's end. A branch that is not there begins where the main one ends. */
  async branch(main: Found | undefined): Promise<string | undefined> {
    const { branch } = this.#target;
    const found = branch === MAIN && main !== undefined ? main : await this.look(branch);
    if (found !== undefined || branch === MAIN) return found?.revision;
    await createBranch({ ...this.#as, repo: this.#repo, branch });
    return (await this.look(branch))?.revision;
  }

  /** Those of the files that the branch does not hold byte for byte. */
  async lacking(files: readonly LocalFile[]): Promise<readonly LocalFile[]> {
    const there = await pathsInfo({ ...this.#as, repo: this.#repo, revision: this.#target.branch, paths: files.map(({ path }) => path) });
    const lacking: LocalFile[] = [];
    for (const file of files)
      if (
        !(await isThere(
          file,
          there.find(({ path }) => path === file.path),
        ))
      )
        lacking.push(file);
    return lacking;
  }

  /** One commit. Large files go first, and what the hub has of them already is not sent. */
  commit(files: readonly LocalFile[], { title, parent, signal }: CommitSettings): AsyncGenerator<CommitProgressEvent, CommitOutput | undefined> {
    return uploadFilesWithProgress({
      ...this.#as,
      repo: this.#repo,
      branch: this.#target.branch,
      commitTitle: title,
      files: files.map(({ path, file }) => ({ path, content: pathToFileURL(file) })),
      ...(parent === undefined ? {} : { parentCommit: parent }),
      ...(signal === undefined ? {} : { abortSignal: signal }),
    });
  }
}

export interface CommitSettings {
  readonly title: string;
  /** Where the branch ended when it was looked at: another commit since is not overwritten. */
  readonly parent?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}
