/** What may be the name of a file or folder: of a run, a model, an exported file. One rule for all, so that no name leads out of its folder, on any system. */

import { AutoTrajError, type ErrorCode } from "../kernel/errors.ts";
import { shown } from "../messages/shown.ts";

/** Bytes, with room for an ending and for `.part` within the 255 that file systems take. */
const LONGEST = 200;
/** On Windows these are devices, whatever ending they have. */
const DEVICES = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

/** What keeps a text from being a name, as the end of a sentence; undefined where nothing does. */
export function nameProblem(name: string): string | undefined {
  if (name === "") return "is empty";
  if (/[/\\]/.test(name)) return "has a slash in it, which leads to another folder";
  if (name.startsWith(".")) return "begins with a dot";
  if (/[\p{Cc}\p{Bidi_Control}\u2028\u2029\ud800-\udfff]/u.test(name)) return "has characters in it that cannot be seen";
  if (/[<>:"|?*]/.test(name)) return 'has one of < > : " | ? * in it, which not every file system takes';
  if (/^[\s-]|[\s.]$/.test(name)) return "begins with a dash or space, or ends with a space or dot";
  if (DEVICES.test(name)) return "is a device's name on Windows";
  return Buffer.byteLength(name) > LONGEST ? `is longer than ${LONGEST} bytes` : undefined;
}

/** @throws an error of this code where the text is no name. `what` says what it is to be the name of. */
export function checkName(name: string, { code, who, what, hint }: { code: ErrorCode; who: string; what: string; hint: string }): void {
  const problem = nameProblem(name);
  if (problem !== undefined) throw new AutoTrajError(code, { who, what: `${what} ${shown(name)} ${problem}.`, hint });
}
