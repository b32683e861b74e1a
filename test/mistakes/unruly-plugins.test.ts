/** Plugins that hang, keep the process busy, fail behind everybody's back or leave something running: each is named, and the run ends in order. */
import { saysInFull, saysInFullHere } from "./mistake.ts";
import { FOR_EVER, ONE, plugin, scorer, tap } from "./plugins.ts";

saysInFull("a plugin that hangs or fails", [
  {
    mistake: "when it starts: it throws",
    plugin: plugin("scorer", ...tap(ONE), "api.onStart(async () => {", '  throw new Error("no model");', "});"),
    exit: 2,
    says: `[ATRAJ_SETUP_FAILED] plugin "mine": its start failed: no model
  in mine.mjs:8, named in demo.yaml:9
  These words are the plugin's own: correct it there, or tell its author.`,
  },
  {
    mistake: "when it starts: it never comes back",
    plugin: plugin("scorer", ...tap(ONE), "api.onStart(() => new Promise(() => {}));"),
    run: "startTimeoutMs: 300",
    exit: 2,
    says: `[ATRAJ_SETUP_FAILED] plugin "mine": its start failed: it did not come back within 0.3 s
  in mine.mjs, named in demo.yaml:9
  Raise run.startTimeoutMs if it really takes that long.`,
  },
  {
    mistake: "when it lets go: it throws",
    plugin: plugin("scorer", ...tap(ONE), "api.onDispose(() => {", '  throw new Error("the lock is gone");', "});"),
    exit: 0,
    says: `! plugin: "mine" failed to let go: the lock is gone (mine.mjs:8, named in demo.yaml:9)`,
  },
  {
    mistake: "after it has answered: a timer throws",
    plugin: scorer("setTimeout(() => {", '  throw new Error("too late");', "}, 1);", ONE),
    exit: 1,
    says: `Stopping: something failed that nothing waited for (too late).
[ATRAJ_STRAY_ERROR] plugin "mine" (mine): it failed when nothing waited for it any more: too late
  in mine.mjs:6, named in demo.yaml:9
  Whatever a plugin begins, in a timer or a promise, it waits for, or catches what goes wrong there. What was done is kept; \`autotraj resume runs/demo\` goes on.`,
  },
  {
    mistake: "after it has answered: a promise is rejected",
    plugin: scorer("Promise.resolve().then(() => {", '  throw new Error("nobody waits");', "});", ONE),
    exit: 1,
    says: `Stopping: something failed that nothing waited for (nobody waits).
[ATRAJ_STRAY_ERROR] plugin "mine" (mine): it failed when nothing waited for it any more: nobody waits
  in mine.mjs:6, named in demo.yaml:9
  Whatever a plugin begins, in a timer or a promise, it waits for, or catches what goes wrong there. What was done is kept; \`autotraj resume runs/demo\` goes on.`,
  },
]);

saysInFullHere("a plugin that hangs", [
  {
    mistake: "when it lets go: it never comes back",
    plugin: plugin("scorer", ...tap(ONE), `api.onDispose(() => ${FOR_EVER});`),
    exit: 0,
    says: `! plugin: "mine" failed to let go: it did not come back within 10 s (mine.mjs, named in demo.yaml:9)`,
  },
]);

saysInFull("a plugin that does not let go:", [
  {
    mistake: "a timer that is left running",
    plugin: plugin("scorer", ...tap(ONE), "setInterval(() => {}, 1000);"),
    exit: 0,
    says: `plugin "mine" (mine) left a timer running (mine.mjs:7, named in demo.yaml:9). A program that uses it would not end: end it in api.onDispose.`,
  },
  {
    mistake: "a server that is left running",
    plugin: [
      'import { createServer } from "node:http";',
      ...plugin("scorer", ...tap(ONE), 'api.onStart(async () => void createServer().listen(0, "127.0.0.1"));'),
    ],
    exit: 0,
    says: `plugin "mine" (mine) left a server running (mine.mjs:8, named in demo.yaml:9). A program that uses it would not end: end it in api.onDispose.`,
  },
  {
    mistake: "a loop of twenty seconds without an await",
    plugin: ["let done = false;", ...scorer("const end = Date.now() + (done ? 0 : 20_000);", "done = true;", "while (Date.now() < end);", ONE)],
    exit: 0,
    says: `! plugin "mine" (mine) has kept the whole process busy for N s (mine.mjs:8, named in demo.yaml:9): nothing else goes on, and Ctrl-C is not heard.
  Its loop needs an await now and then, or a thread of its own. \`kill -9 PID\` ends it; what was done is kept.`,
  },
  {
    mistake: "a loop without an end",
    plugin: scorer("for (;;);"),
    run: "hookTimeoutMs: 2000, startTimeoutMs: 2000",
    exit: 1,
    says: `[ATRAJ_HOOK_TIMEOUT] plugin "mine" (mine): it kept the whole process busy for N s, longer than a tap may take.
  in mine.mjs:5, named in demo.yaml:9
  Its loop needs an await now and then, or a thread of its own. If the work is really that long, raise run.hookTimeoutMs. What was done is kept; \`autotraj resume\` goes on.`,
  },
]);
