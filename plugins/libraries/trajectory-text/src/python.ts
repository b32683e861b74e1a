/** The Python that makes tokens of turns and conversations. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** For PYTHONPATH: `autotraj_tokens` (control tokens come from the template alone) and `autotraj_masks` (loss exactly on what the model wrote). */
export const PYTHON_FOLDER = fileURLToPath(new URL("../python", import.meta.url));

/** The modules' sources by file name, to be laid beside what needs them. */
export function pythonSources(): Readonly<Record<"autotraj_masks.py" | "autotraj_tokens.py", string>> {
  const read = (file: string) => readFileSync(new URL(`../python/${file}`, import.meta.url), "utf8");
  return { "autotraj_masks.py": read("autotraj_masks.py"), "autotraj_tokens.py": read("autotraj_tokens.py") };
}
