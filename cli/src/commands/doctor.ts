/** `doctor`: can this machine do what a preset asks for, and do its models answer? Tries it, and says what to do where not. */
import { execFile } from "node:child_process";
import { statfs } from "node:fs/promises";
import { promisify } from "node:util";
import { isAutoTrajError, messageOf, POLICY, PYTHON, placeText, SANDBOX, type Session } from "@autotraj/core";
import { askPolicy, type Examined, examine } from "@autotraj/planning";
import { table } from "../display/table.ts";
import { print, printJson } from "../display/terminal.ts";
import { command, SET } from "../options.ts";

interface Finding {
  readonly what: string;
  /** `note` is worth knowing and stops nothing. */
  readonly state: "ok" | "bad" | "note";
  readonly detail: string;
}

const DEFAULT = "quickstart";
const NO_PRESET: Finding = {
  what: "preset",
  state: "note",
  detail: `none is named, and ${DEFAULT} is not installed here: name yours, or \`npm install @autotraj/preset-${DEFAULT}\``,
};
const GIGABYTE = 2 ** 30;
const OLDEST_NODE = [22, 18] as const;

export const doctorCommand = command({
  command: "doctor [preset]",
  describe: "Check this machine and a preset: Node, Python, sandboxes, disk, GPU, keys; asks each of its models one tiny question",
  answers: [{ isList: true, fields: { what: "what was looked at", state: "ok, bad or note", detail: "in words" } }],
  builder: (args) => args.positional("preset", { type: "string", default: DEFAULT, describe: "The preset to check for" }).option("set", SET),
  async handler({ preset: ref, set, json }) {
    const warnings: string[] = [];
    const log = { info: () => {}, warn: (message: string) => void warnings.push(message) };
    const examined = await examine(ref, { cwd: process.cwd(), set, log });
    const findings: Finding[] = [nodeVersion(), await gpus(), ...missing(examined)];
    try {
      const { session, error, absent } = examined;
      if (session === undefined)
        findings.push(ref === DEFAULT && isNotInstalled(error) ? NO_PRESET : { what: `preset ${ref}`, state: "bad", detail: inOneLine(error) });
      else {
        findings.push(await python(session), await disk(session), ...(await sandboxes(session)));
        const started = absent.length === 0 ? await starts(session) : undefined;
        if (started !== undefined) findings.push(started);
        findings.push(...(await models(session, absent, started?.state === "ok", warnings)));
      }
    } finally {
      await examined.dispose();
    }
    if (json) printJson(findings);
    else
      print(
        table(
          ["what", "state", "detail"],
          findings.map((finding) => [finding.what, finding.state, finding.detail.split("\n")[0] ?? ""]),
        ),
      );
    if (findings.some((finding) => finding.state === "bad")) process.exitCode = 1;
  },
});

function isNotInstalled(error: unknown): boolean {
  return isAutoTrajError(error) && error.code === "ATRAJ_PRESET_NOT_FOUND";
}

/** Without the blanks that its lines begin with. */
function inOneLine(error: unknown): string {
  return messageOf(error).replaceAll(/\s*\n\s*/g, " ");
}

function missing({ absent, lacks }: Examined): readonly Finding[] {
  return [
    ...absent.map(({ from, text, at }): Finding => ({ what: from, state: "bad", detail: `${text} (${placeText(at)})` })),
    ...lacks.map((line): Finding => ({ what: "this machine", state: "note", detail: line })),
  ];
}

async function sandboxes(session: Session): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [id, sandbox] of session.services.useAll(SANDBOX)) {
    const result = await sandbox.selfTest();
    const what = `sandbox "${id}" (${sandbox.isolation})`;
    findings.push(result.ok ? { what, state: "ok", detail: "its promises hold" } : { what, state: "note", detail: result.reason });
  }
  return findings;
}

/** Policies behind an address are asked whether or not all plugins have started; those that load a model themselves need to have. */
async function models(session: Session, absent: Examined["absent"], isStarted: boolean, warnings: readonly string[]): Promise<readonly Finding[]> {
  const askable = [...session.services.useAll(POLICY).keys()].filter((id) => {
    const isAway = session.kernel.pluginOf(id)?.plugin.meta.supports?.["network"] === true;
    return (isAway || isStarted) && !absent.some(({ path }) => path.startsWith(`plugins.${id}.`));
  });
  const answers = await Promise.all(askable.map((id) => askPolicy(session, id, warnings)));
  return answers.map(({ policy, ok, detail }) => ({ what: `model of "${policy}"`, state: ok ? "ok" : "bad", detail }));
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  return {
    what: "Node",
    state: ok ? "ok" : "bad",
    detail: ok ? process.versions.node : `${process.versions.node}; ${OLDEST_NODE.join(".")} or newer is needed`,
  };
}

async function gpus(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)("nvidia-smi", ["--query-gpu=name,memory.total", "--format=csv,noheader"]);
    return { what: "GPU", state: "ok", detail: stdout.trim().split("\n").join("; ") };
  } catch {
    return { what: "GPU", state: "note", detail: "none found; the loop needs none" };
  }
}

async function python(session: Session): Promise<Finding> {
  try {
    const { basePython, version } = await session.services.use(PYTHON, undefined, "doctor").ensure("doctor", []);
    return { what: "Python", state: "ok", detail: `${version} (${basePython})` };
  } catch (error) {
    return { what: "Python", state: "bad", detail: messageOf(error) };
  }
}

async function disk(session: Session): Promise<Finding> {
  const { bavail, bsize } = await statfs(process.cwd());
  const free = (bavail * bsize) / GIGABYTE;
  return {
    what: "disk",
    state: free < 1 ? "bad" : "ok",
    detail: `${free.toFixed(1)} GiB free here; models and environments go to ${session.kernel.cacheDir}`,
  };
}

async function starts(session: Session): Promise<Finding> {
  try {
    await session.start();
    return {
      what: `preset ${session.name}`,
      state: "ok",
      detail: session.plugins.length === 1 ? "its plugin started" : `all ${session.plugins.length} plugins started`,
    };
  } catch (error) {
    return { what: `preset ${session.name}`, state: "bad", detail: inOneLine(error) };
  }
}
