/** What the command loads when it starts: each start pays for it, and none needs all of it. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect } from "chai";

/** Tells each module that is loaded, in every thread. */
const TELLING = `
  import { writeSync } from "node:fs";
  import { registerHooks } from "node:module";
  registerHooks({ load(url, context, next) { writeSync(1, url + "\\n"); return next(url, context); } });
`;

async function loadedBy(file: string): Promise<readonly string[]> {
  const path = new URL(`../dist/${file}`, import.meta.url).href;
  const importing = `await import(${JSON.stringify(path)})`;
  const telling = `data:text/javascript,${encodeURIComponent(TELLING)}`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", telling, "--input-type=module", "-e", importing]);
  return stdout.split("\n").filter((url) => url.startsWith("file:"));
}

describe("what the command loads", () => {
  it("is in the thread that watches it next to nothing: every command has that thread", async () => {
    const modules = await loadedBy("plugins-at-large/frames.js");
    expect(modules).to.have.length(2);
    expect(modules.join()).to.contain("core/dist/messages/place.js");
  });
});
