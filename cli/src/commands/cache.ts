/** `cache list|clean`: what AutoTraj keeps beside runs on this machine, and the means to be rid of it. */
import { defaultCacheDir } from "@autotraj/core";
import { type CacheEntry, cacheEntries, REMOVABLE, removeEntries } from "@autotraj/inventory";
import { type Answer, yesOrNo } from "../display/question.ts";
import { bytes, table } from "../display/table.ts";
import { print, printJson, say } from "../display/terminal.ts";
import { command, usage } from "../options.ts";

export const cacheCommand = command({
  command: "cache <action> [kinds..]",
  describe: "List what lies in AutoTraj's cache folder, or remove what can be had again",
  answers: [
    {
      when: "list",
      fields: {
        folder: "the cache folder",
        entries: "each with kind, path (from the folder), bytes, removal (safe, answers, kept) and what becomes of it",
      },
    },
    {
      when: "clean",
      fields: {
        folder: "the cache folder",
        removed: "paths, from the folder",
        bytes: "how many these were",
        failed: "by path, why it could not be removed",
      },
    },
  ],
  builder: (args) =>
    args
      .positional("action", { choices: ["list", "clean"] as const, demandOption: true, describe: "What to do" })
      .positional("kinds", {
        choices: REMOVABLE,
        array: true,
        defaultDescription: "all that can be had again",
        describe: "clean: only these; calls, which were paid for, are removed only where they are named",
      })
      .option("yes", { alias: "y", type: "boolean", describe: "clean: remove it without asking" }),
  async handler({ action, kinds = [], yes = false, json }) {
    const dir = defaultCacheDir();
    const entries = await cacheEntries(dir);
    if (action === "clean") return clean(dir, entries, { kinds: kinds as readonly string[], yes, json });
    if (kinds.length > 0) throw usage("cache list", `it takes no "${kinds[0]}".`, "It lists all there is; `autotraj cache clean` takes kinds.");
    if (json) printJson({ folder: dir, entries });
    else print(entries.length === 0 ? `Nothing lies in ${dir}.` : listOf(dir, entries));
  },
});

function listOf(dir: string, entries: readonly CacheEntry[]): string {
  const [kept, others] = [entries.filter(({ removal }) => removal === "kept"), entries.filter(({ removal }) => removal !== "kept")];
  const rows = others.map(({ kind, path, bytes: size, what }) => [kind, path.split("/").at(-1) ?? path, bytes(size), what]);
  return [
    `${dir}: ${bytes(total(entries))}`,
    ...(rows.length === 0 ? [] : [table(["kind", "name", "size", "where it is removed"], rows)]),
    ...(kept.length === 0 ? [] : [`Never removed from here: ${kept.map(({ path }) => path).join(", ")} (${bytes(total(kept))}).`]),
    `\`autotraj cache clean\` removes ${bytes(total(safe(entries)))}, all of which can be had again.`,
  ].join("\n\n");
}

interface Asked {
  readonly kinds: readonly string[];
  readonly yes: boolean;
  readonly json: boolean;
}

async function clean(dir: string, entries: readonly CacheEntry[], { kinds, yes, json }: Asked): Promise<void> {
  const chosen = kinds.length === 0 ? safe(entries) : entries.filter(({ kind }) => kinds.includes(kind));
  const answer = chosen.length === 0 || yes ? "yes" : await agreed(chosen);
  if (answer !== "yes") say("Nothing was removed.");
  // An answer that was not given is none of the command's either.
  if (answer === "broken off") {
    process.exitCode = 130;
    return;
  }
  const meant = answer === "yes" ? chosen : [];
  const failed = await removeEntries(dir, meant);
  const removed = meant.filter(({ path }) => !failed.has(path));
  if (json) printJson({ folder: dir, removed: removed.map(({ path }) => path), bytes: total(removed), failed: Object.fromEntries(failed) });
  else if (answer === "yes") print(chosen.length === 0 ? "There is nothing to remove." : `Removed ${bytes(total(removed))} from ${dir}.`);
  for (const [path, why] of failed) say(`${path} could not be removed: ${why}`);
  if (failed.size > 0) process.exitCode = 1;
}

/** @throws ATRAJ_USAGE where nobody is there to be asked */
async function agreed(chosen: readonly CacheEntry[]): Promise<Answer> {
  say(table(["kind", "what", "size"], chosen.map(({ kind, path, bytes: size }) => [kind, path, bytes(size)]))); // biome-ignore format: one thing
  if (process.stdin.isTTY !== true) throw usage("cache clean", "nobody is there to be asked.", "Say --yes to have it removed without a question.");
  const paid = chosen.some(({ removal }) => removal === "answers") ? " What was paid for cannot be had again without paying." : "";
  say(`Runs under way must not need them: end these first.${paid}`);
  return yesOrNo(`Remove ${bytes(total(chosen))}?`);
}

function safe(entries: readonly CacheEntry[]): readonly CacheEntry[] {
  return entries.filter(({ removal }) => removal === "safe");
}

function total(entries: readonly CacheEntry[]): number {
  return entries.reduce((sum, entry) => sum + entry.bytes, 0);
}
