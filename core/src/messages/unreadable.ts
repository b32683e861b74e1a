/** Why a file that somebody named cannot be read, as a sentence without its stop. */

export function whyUnreadable(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  return code === "EISDIR" ? "it is a folder" : `it cannot be read (${code ?? String(error)})`;
}
