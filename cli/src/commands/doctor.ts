/** `doctor`: can this machine do what a preset asks for? Tries it, and says what to do where it cannot. */
import { execFile } from "node:child_process";
import { statfs } from "node:fs/promises";
import { promisify } from "node:util";
import { messageOf, PYTHON, resolvePreset, SANDBOX, Session } from "@autotraj/core";
import { table } from "../display/table.ts";
import { print, printJson } from "../display/terminal.ts";
import { command } from "../options.ts";

interface Finding {
  readonly what: string;
  /** `note` is worth knowing and stops nothing. */
  readonly state: "ok" | "bad" | "note";
  readonly detail: string;
}

const GIGABYTE = 2 ** 30;
const OLDEST_NODE = [22, 18] as const;

export const doctorCommand = command({
  command: "doctor [preset]",
  describe: "Check this machine: Node, Python, sandboxes, disk, GPU, and a preset's plugins",
  builder: (args) => args.positional("preset", { type: "string", default: "quickstart", describe: "The preset to check for" }),
  async handler({ preset: ref, json }) {
    const findings: Finding[] = [nodeVersion(), await gpus()];
    const session = await Session.open(await resolvePreset(ref, { cwd: process.cwd() }));
    try {
      findings.push(await python(session), await disk(session));
      for (const [id, sandbox] of session.services.useAll(SANDBOX)) {
        const result = await sandbox.selfTest();
        findings.push({
          what: `sandbox "${id}" (${sandbox.isolation})`,
          state: result.ok ? "ok" : "note",
          detail: result.ok ? "its promises hold" : result.reason,
        });
      }
      findings.push(await starts(session));
    } finally {
      await session.dispose();
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
    return { what: `preset ${session.name}`, state: "ok", detail: `all ${session.plugins.length} plugins started` };
  } catch (error) {
    return { what: `preset ${session.name}`, state: "bad", detail: messageOf(error).replaceAll("\n", " ") };
  }
}
