/** For authors of servers (`@autotraj/core/serving`): what a plugin of kind `server` serves, and how it is asked to. */
import { BlockList, isIP } from "node:net";
import {
  type AssistantMessage,
  type Finish,
  type RlTask,
  type Sandbox,
  type Token,
  type ToolMessage,
  type Trajectory,
  type Turn,
  token,
} from "../kernel/plugin.ts";

/** Hides secrets in what a plugin hands to others by itself. Provided by the kernel. */
export const SECRETS: Token<Secrets> = token<Secrets>("secrets");
/** Serves episodes and rewards over HTTP to trainers that sample by themselves. */
export const EPISODE_SERVER: Token<EpisodeServer> = token<EpisodeServer>("episode-server");
/** Lends a sandbox of this machine to others over HTTP. */
export const SANDBOX_SERVER: Token<SandboxServer> = token<SandboxServer>("sandbox-server");

export interface EpisodeTurn {
  /** What was sampled, the ending stop string included. */
  readonly text: string;
  readonly finish: Turn["finish"];
  readonly toolCalls?: NonNullable<Turn["toolCalls"]>;
  readonly reasoning?: string;
}
export interface EpisodeStep {
  /** The text to go on from: the tools' results as they stand in the dialect. Empty when the episode is over. */
  readonly append: string;
  /** The tools' results as messages, for trainers that keep messages. */
  readonly results: readonly { readonly toolCallId: string; readonly name: string; readonly content: string; readonly ok: boolean }[];
  readonly done: boolean;
  readonly finish?: Finish;
}
/** An episode that was played elsewhere: all that came after the task's own prompt. */
export interface PlayedElsewhere extends Pick<Trajectory, "dialect" | "answer" | "finish" | "faults"> {
  /** A result without `ok`: its text decides, as in recorded logs. */
  readonly messages: readonly (AssistantMessage | (Omit<ToolMessage, "ok"> & { readonly ok?: boolean }))[];
}
export interface EpisodeReward {
  /** Null where a term failed: the sample is to be dropped, and never counts as 0. */
  readonly reward: number | null;
  /** Each term's own value; null where it failed or does not apply. */
  readonly terms: Readonly<Record<string, number | null>>;
  /** Why there is no reward. */
  readonly invalid?: string;
}
/** Episodes and their rewards, as the host hands them to an {@link EpisodeServer}. What is not there is ATRAJ_EPISODE; ATRAJ_INTERRUPTED once it stops. */
export interface EpisodeService {
  /** Episodes begun and not ended. */
  readonly open: number;
  task(id: string): RlTask;
  /** Begins an episode and returns its session. The same `key` gives the same episode again. */
  begin(task: string, key: string | undefined): string;
  /** Takes turn number `index`, from 0. A turn that was taken before is answered as it was then, and no tool runs twice. */
  turn(session: string, index: number, turn: EpisodeTurn): Promise<EpisodeStep>;
  /** The trajectory so far, as if it were cut off now. */
  trajectory(session: string): Trajectory;
  recorded(task: string, played: PlayedElsewhere): Trajectory;
  /** In order. Whoever sampled them, they are judged alike. */
  scoreTrajectories(trajectories: readonly Trajectory[]): Promise<readonly EpisodeReward[]>;
  /** Lets go of the tools' state. Ending it twice is no error. */
  end(session: string): void;
}

/** Where a server listens. Its limits are options of its plugin. */
export interface ServingPlace {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0, which takes a free one. */
  readonly port?: number;
}
export interface Served {
  readonly url: string;
  /** What is in flight is answered, all else is sent away. Resolves when all connections are closed. */
  drain(): Promise<void>;
  /** Closes all connections now; also while it drains. */
  close(): Promise<void>;
}
export interface EpisodeServing extends ServingPlace {
  /** The bearer token that requests must carry; default: a new one. `null`: none, which only this machine's own addresses may be served with. */
  readonly token?: string | null;
  /** Lists these tasks to clients and finds them by their questions. Left out: they are known by their ids. */
  readonly tasks?: ReadonlyMap<string, RlTask>;
}
export interface ServedEpisodes extends Served {
  /** Empty where none is asked for. */
  readonly token: string;
}
export interface EpisodeServer {
  /** Names that its protocols have for themselves: no tool of what it serves can be reached under one of them. */
  readonly reservedToolNames: ReadonlySet<string>;
  /** @throws the system's error, e.g. EADDRINUSE; a PluginError for what cannot be served */
  serve(episodes: EpisodeService, where?: EpisodeServing): Promise<ServedEpisodes>;
}
export interface SandboxServing extends ServingPlace {
  /** The bearer token that running code must carry; default: none. */
  readonly token?: string;
}
export interface SandboxServer {
  /** @throws the system's error, e.g. EADDRINUSE */
  serve(sandbox: Sandbox, where?: SandboxServing): Promise<Served>;
}
export interface Secrets {
  /** The text without any secret that this process knows. */
  hide(text: string): string;
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/** True for an address that only this machine reaches. A name other than `localhost` may mean anything. */
export function isLoopback(host: string): boolean {
  const kind = isIP(host);
  return kind === 0 ? host === "localhost" : LOOPBACK.check(host, kind === 6 ? "ipv6" : "ipv4");
}
