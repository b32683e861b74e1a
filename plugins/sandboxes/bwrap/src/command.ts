/** The bubblewrap command line: what a zygote sees of this machine. */
import { execFile } from "node:child_process";
import { existsSync, lstatSync, readlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { PythonEnvironment } from "@autotraj/core/plugin";
import type { Image } from "./images.ts";
import { LIMITS } from "./limits.ts";

const ZYGOTE_SOURCES = fileURLToPath(new URL("../python", import.meta.url));

/** The real interpreter behind an environment, and where the environment's packages lie. */
export interface Interpreter {
  readonly executable: string;
  readonly prefix: string;
  readonly sitePackages: string;
}

export async function locateInterpreter(environment: PythonEnvironment): Promise<Interpreter> {
  const code = "import json, os, sys; print(json.dumps([os.path.realpath(sys.executable), os.path.realpath(sys.base_prefix)]))";
  const { stdout } = await promisify(execFile)(environment.basePython, ["-I", "-c", code]);
  const [executable, prefix] = JSON.parse(stdout) as [string, string];
  return { executable, prefix, sitePackages: environment.sitePackages };
}

export function zygoteArguments(interpreter: Interpreter, image: Image): string[] {
  return [
    ...["--unshare-user", "--uid", "1000", "--gid", "1000"],
    ...["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    ...["--die-with-parent", "--new-session", "--clearenv", "--hostname", "sandbox"],
    ...Object.entries(ENVIRONMENT).flatMap(([name, value]) => ["--setenv", name, value]),
    ...systemLibraries(),
    ...interpreterFiles(interpreter),
    ...["--ro-bind", interpreter.sitePackages, "/pysite", "--ro-bind", ZYGOTE_SOURCES, "/autotraj"],
    ...["--ro-bind-try", "/usr/share/zoneinfo", "/usr/share/zoneinfo"],
    ...["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/work", "--symlink", "work", "/tmp", "--chdir", "/work"],
    // Terminals are shared by all executions, and can be made by any.
    ...["--tmpfs", "/dev/pts", "--remount-ro", "/dev/pts"],
    // /dev/shm would be shared by all executions; so would anything else that can be written.
    ...["--remount-ro", "/", "--remount-ro", "/dev"],
    // Counts inside the user namespace only: the zygote unshares once more for every child, and every child drops it.
    ...["--cap-add", "CAP_SYS_ADMIN"],
    ...[interpreter.executable, "-s", "-S", "-B", "/autotraj/supervisor.py", JSON.stringify({ image, limits: LIMITS })],
  ];
}

const ENVIRONMENT = {
  PATH: "/usr/bin",
  HOME: "/work",
  LANG: "C.UTF-8",
  // Sets print in the same order on every run.
  PYTHONHASHSEED: "0",
  // Threads of a library would not survive the fork.
  OPENBLAS_NUM_THREADS: "1",
  // An arena per thread would eat the address space that a request allows.
  MALLOC_ARENA_MAX: "2",
};

/** Folders the dynamic linker searches, linked as they are linked here. */
function systemLibraries(): string[] {
  const usr = ["/usr/lib", "/usr/lib64"].flatMap((folder) => ["--ro-bind-try", folder, folder]);
  const top = ["/lib", "/lib64"].filter((folder) => existsSync(folder));
  return [
    ...usr,
    ...top.flatMap((folder) => (lstatSync(folder).isSymbolicLink() ? ["--symlink", readlinkSync(folder), folder] : ["--ro-bind", folder, folder])),
  ];
}

/** The interpreter at its own path, since it finds its library relative to itself. Nothing else of the folders above it is shown. */
function interpreterFiles({ executable, prefix }: Interpreter): string[] {
  const folders = ["lib", "lib64"]
    .map((name) => join(prefix, name))
    .filter((folder) => existsSync(folder) && relative("/usr", folder).startsWith(".."));
  const local = prefix === "/usr/local" ? [join(prefix, "lib")] : [];
  return [executable, ...folders, ...local].flatMap((path) => ["--ro-bind", path, path]);
}
