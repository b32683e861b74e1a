/** Two models compared in a thread that begins and ends with the comparison: a bootstrap over 20,000 questions takes seconds. */
import { once } from "node:events";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import type { Compared, Comparing } from "./comparing-thread.ts";

export async function comparedBeside(comparing: Comparing): Promise<Compared> {
  const thread = new Worker(new URL(`./comparing-thread${extname(import.meta.url)}`, import.meta.url), { workerData: comparing });
  thread.unref();
  const [compared] = await once(thread, "message");
  return compared as Compared;
}
