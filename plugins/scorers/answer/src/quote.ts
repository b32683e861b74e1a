import { brief } from "@autotraj/trajectory-text/brief";

/** Of any text, one short line. */
export function quote(text: string): string {
  return `"${brief(text, 60)}"`;
}
