import { cutOff } from "@autotraj/trajectory-text/brief";

const LONGEST_QUOTE = 400;

/** What a server said, for a message: servers quote what they were sent, so without secrets; and not without end. */
export function quote(text: string, secrets: readonly string[] = [], longest = LONGEST_QUOTE): string {
  const clean = secrets.filter((secret) => secret !== "").reduce((rest, secret) => rest.replaceAll(secret, "[redacted]"), text);
  return cutOff(clean, longest);
}
