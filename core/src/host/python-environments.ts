/** Virtual environments for plugins with a Python side: made once per machine, shared by all runs, safe against two makers of the same one. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { AutoTrajError } from "../kernel/errors.ts";
import type { PythonEnvironment, PythonEnvironments } from "../kernel/plugin.ts";
import { offTheClock } from "../kernel/plugin-clock.ts";
import { interrupted } from "../kernel/stop.ts";
import { counted } from "../messages/counted.ts";

const run = promisify(execFile);
/** What environments need of Python itself: 3.11 is the oldest interpreter the plugins' locked requirements exist for. */
const OLDEST_PYTHON = [3, 11] as const;
const CANDIDATES = ["python3", "python", "python3.14", "python3.13", "python3.12", "python3.11"];
/** pip says so where the machine's Python cannot make environments at all. */
const NO_PIP = /No module named ['"]?(?:pip|venv|ensurepip)/;
const PIP_HINT =
  "These are pip's last words. Settings of its own are passed on: PIP_INDEX_URL, PIP_EXTRA_INDEX_URL, PIP_FIND_LINKS, PIP_CERT, HTTPS_PROXY. Where the disk is full, AUTOTRAJ_CACHE names another place. Nothing half made is kept: start again when it is put right.";
const PYTHON_HINT = "Install Python 3.11 or newer with venv and pip (Debian: apt-get install python3-venv), or name one in AUTOTRAJ_PYTHON.";

/**
 * @param say is told what is being installed, how much of it is there and when it is done
 * @param ended ends what is being made; nothing of it stays. It then fails with ATRAJ_INTERRUPTED
 */
export function pythonEnvironments(cacheDir: string, say: Say = () => {}, ended?: AbortSignal): HostEnvironments {
  const made = new Map<string, Promise<PythonEnvironment>>();
  let base: Promise<{ python: string; version: string }> | undefined;
  async function ensured(name: string, requirements: readonly string[]): Promise<PythonEnvironment> {
    base ??= findPython();
    const { python, version } = await base;
    const lock = createHash("sha256")
      .update(JSON.stringify([python, version, [...requirements].sort()]))
      .digest("hex")
      .slice(0, 12);
    const folder = join(cacheDir, "python", `${name}-${lock}`);
    let environment = made.get(folder);
    if (environment === undefined) {
      environment = make({ name, folder, python, version, requirements, ended }, (message) => say(`the Python environment ${name} ${message}`));
      made.set(folder, environment);
      environment.catch(() => made.delete(folder));
    }
    return environment;
  }
  return {
    // Minutes, where it is the first on its machine: no tap's own time.
    ensure: (name, requirements) => offTheClock(() => ensured(name, requirements)),
    async settled() {
      await Promise.allSettled(made.values());
    },
  };
}

/** What is behind the service, for whom it belongs to. */
interface HostEnvironments extends PythonEnvironments {
  /** Resolves when nothing is being made any more. */
  settled(): Promise<void>;
}

interface Wanted {
  readonly name: string;
  readonly folder: string;
  readonly python: string;
  readonly version: string;
  readonly requirements: readonly string[];
  readonly ended: AbortSignal | undefined;
}

async function findPython(): Promise<{ python: string; version: string }> {
  const { AUTOTRAJ_PYTHON: wanted = "" } = process.env;
  const tried: string[] = [];
  for (const candidate of wanted === "" ? CANDIDATES : [wanted]) {
    try {
      const { stdout } = await run(candidate, ["-c", "import sys; print(sys.executable); print('%d.%d.%d' % sys.version_info[:3])"]);
      const [python = "", version = ""] = stdout.trim().split("\n");
      const [major = 0, minor = 0] = version.split(".").map(Number);
      if (major > OLDEST_PYTHON[0] || (major === OLDEST_PYTHON[0] && minor >= OLDEST_PYTHON[1])) return { python, version };
      tried.push(`${candidate} is ${version}`);
    } catch (error) {
      tried.push(`${candidate}: ${(error as NodeJS.ErrnoException).code ?? "failed"}`);
    }
  }
  throw new AutoTrajError("ATRAJ_PYTHON", { who: "python", what: "no suitable interpreter was found.", details: tried, hint: PYTHON_HINT });
}

/** Built in a folder of its own and renamed into place, so a half-made environment is never taken for a whole one. */
async function make({ name, folder, python, version, requirements, ended }: Wanted, say: Say): Promise<PythonEnvironment> {
  const stamp = join(folder, "autotraj.json");
  if (!existsSync(stamp)) {
    await mkdir(join(folder, ".."), { recursive: true });
    // A name of its own: one process may make the same environment twice, for two runs.
    const draft = await mkdtemp(`${folder}.`);
    try {
      await run(python, ["-m", "venv", "--without-pip", draft]);
      const site = await sitePackagesOf(join(draft, "bin", "python"));
      if (requirements.length > 0) {
        const packages = requirements.filter((one) => !one.startsWith("-")).length;
        say(`is installed, once for this machine: ${counted(packages, "package")}`);
        await telling(draft, say, () => install({ python, site, unpacking: join(draft, "unpacking"), requirements, ended }));
      }
      await writeFile(join(draft, "autotraj.json"), JSON.stringify({ python, version, requirements, site: site.slice(draft.length + 1) }));
      if (existsSync(stamp)) await rm(draft, { recursive: true, force: true });
      else {
        await rm(folder, { recursive: true, force: true });
        await rename(draft, folder);
      }
    } catch (error) {
      await rm(draft, { recursive: true, force: true });
      if (existsSync(stamp)) return read(folder);
      if (ended?.aborted === true) throw interrupted();
      const stderr = String((error as { stderr?: unknown }).stderr ?? error);
      throw new AutoTrajError("ATRAJ_PYTHON", {
        who: "python",
        what: `the environment ${name} could not be made: ${counted(requirements.length, "package")} in ${folder}.`,
        details: stderr.trim().split("\n").slice(-6),
        hint: NO_PIP.test(stderr) ? PYTHON_HINT : PIP_HINT,
        cause: error,
      });
    }
  }
  return read(folder);
}

interface Installation extends Pick<Wanted, "python" | "requirements" | "ended"> {
  readonly site: string;
  readonly unpacking: string;
}

/** What is fetched and unpacked lies in the draft too: there it is seen growing, and is moved into place without being copied. */
async function install({ python, site, unpacking, requirements, ended }: Installation): Promise<void> {
  await mkdir(unpacking);
  await run(
    python,
    ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-warn-script-location", "--target", site, ...requirements],
    {
      maxBuffer: 1 << 26,
      ...(ended === undefined ? {} : { signal: ended }),
      env: { ...process.env, PIP_REQUIRE_VIRTUALENV: "0", TMPDIR: unpacking },
    },
  );
  await rm(unpacking, { recursive: true, force: true });
}

type Say = (message: string) => void;

const TELL_MS = 15_000;

/** Work that may take minutes says every quarter of one how far it is, and at its end how large it has become. */
async function telling(folder: string, say: Say, work: () => Promise<void>): Promise<void> {
  const begun = performance.now();
  const passed = () => `${Math.round((performance.now() - begun) / 1000)} s`;
  const timer = setInterval(() => void megabytesIn(folder).then((size) => say(`is being installed: ${size} MB so far, after ${passed()}`)), TELL_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  say(`is ready: ${await megabytesIn(folder)} MB, after ${passed()}`);
}

/** Files come and go while it is counted. */
async function megabytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(
    files.map((file) =>
      lstat(file)
        .then(({ size }) => size)
        .catch(() => 0),
    ),
  );
  return Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 1e6);
}

async function read(folder: string): Promise<PythonEnvironment> {
  const { python, version, site } = JSON.parse(await readFile(join(folder, "autotraj.json"), "utf8")) as {
    python: string;
    version: string;
    site: string;
  };
  return { python: join(folder, "bin", "python"), sitePackages: join(folder, site), basePython: python, version };
}

async function sitePackagesOf(python: string): Promise<string> {
  const { stdout } = await run(python, ["-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])"]);
  return stdout.trim();
}
