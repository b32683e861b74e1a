/** Formats by the names that people give them. */
import { installedPlugins } from "../config/installed-plugins.ts";
import { AutoTrajError, isAutoTrajError } from "../kernel/errors.ts";
import { FORMAT, type Format } from "../kernel/plugin.ts";
import { loadService } from "./single-plugin.ts";

/** `chat`, `chat/alpaca`, a trainer's own (`trl`), `@scope/package`, `./file.js`. */
export async function findFormat(name: string): Promise<Omit<Format, "variants">> {
  const isPath = /^[@./]/.test(name);
  const [base = name, variant] = isPath ? [name] : name.split("/");
  const format = await (isPath ? loadService(name, FORMAT, process.cwd()) : loadNamed(base));
  if (variant === undefined) return format;
  const found = format.variants?.[variant];
  if (found !== undefined) return found;
  throw new AutoTrajError("ATRAJ_USAGE", {
    who: "export",
    what: `the format "${base}" has no variant "${variant}".`,
    hint: `Variants: ${Object.keys(format.variants ?? {}).join(", ") || "none"}.`,
  });
}

/** Formats first, then the data sets of trainers. */
async function loadNamed(name: string): Promise<Format> {
  const packages = [`@autotraj/format-${name}`, `@autotraj/trainer-${name}`];
  for (const use of packages) {
    try {
      return await loadService(use, FORMAT, process.cwd());
    } catch (error) {
      if (!isAutoTrajError(error) || error.code !== "ATRAJ_PLUGIN_NOT_FOUND") throw error;
    }
  }
  throw new AutoTrajError("ATRAJ_PLUGIN_NOT_FOUND", {
    who: "format",
    what: `there is no format "${name}": neither ${packages.join(" nor ")} is installed.`,
    hint: "`autotraj plugin list` shows the installed ones; a package of another name is given in full, a file as ./file.js.",
  });
}

const FORMAT_PACKAGE = /^(?:@autotraj\/format-|autotraj-format-)(.+)$/;

/** Every installed package of kind format that can read logs, by its short name. One that cannot be loaded is left out: it is not the one asked for. */
export async function installedFormats(): Promise<ReadonlyMap<string, Format>> {
  const found = new Map<string, Format>();
  for (const name of await installedPlugins()) {
    const short = FORMAT_PACKAGE.exec(name)?.[1];
    if (short === undefined) continue;
    const format = await loadService(name, FORMAT, process.cwd()).catch(() => undefined);
    if (format?.read !== undefined) found.set(short, format);
  }
  return found;
}
