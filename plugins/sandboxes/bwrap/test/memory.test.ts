import { pythonEnvironments } from "@autotraj/core";
import { type ExecutionRequest, PYTHON, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
import { defaultCacheDir, type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import { needSandbox } from "../../../../test/hostile/containment.ts";
import plugin from "../src/index.ts";

/** What an earlier trajectory wrote, printed and was named: a later one must find none of it, wherever in its process it looks. */
const SECRETS = ["source", "printed", "complained", "session"] as const;
/** They are put together when they are compared, if at all, so that the searching code does not find itself. */
const needle = "b'earlier-trajectory'";
const secret = (part: (typeof SECRETS)[number]) => `earlier-trajectory-${part}`;

const ways: readonly (readonly [where: string, code: string])[] = [
  [
    "the frames that called it",
    `
import sys
frame = sys._getframe()
while frame is not None:
    for place in (frame.f_locals, frame.f_globals):
        for name, value in list(place.items()):
            for part in parts:
                if needle + b"-" + part in repr(value).encode():
                    print("BREACH", frame.f_code.co_name, name, part.decode())
    frame = frame.f_back`,
  ],
  [
    "every object the interpreter knows",
    `
import gc, sys
gc.unfreeze()
seen, todo = set(), [*gc.get_objects(), *sys.modules.values(), *[f.__dict__ for f in gc.get_objects() if hasattr(f, "__dict__")]]
while todo:
    thing = todo.pop()
    if id(thing) in seen or thing is seen or thing is todo:
        continue
    seen.add(id(thing))
    if isinstance(thing, (str, bytes, bytearray)):
        held = thing.encode("utf-8", "replace") if isinstance(thing, str) else bytes(thing)
        for part in parts:
            if needle + b"-" + part in held:
                print("BREACH", part.decode())
    else:
        todo.extend(gc.get_referents(thing))
print("looked at", len(seen) > 10_000)`,
  ],
  [
    "the whole memory, freed memory included",
    `
import ctypes, gc, os
def holds(data, part):
    # Without ever putting them together: freed, that would be found in a block that is read later.
    at = data.find(needle)
    while at >= 0:
        end = at + len(needle)
        if data.startswith(b"-", end) and data.startswith(part, end + 1):
            return True
        at = data.find(needle, end)
    return False
libc = ctypes.CDLL(None, use_errno=True)
libc.sbrk.restype = ctypes.c_void_p
MIB, PAGE = 1 << 20, 4096
gc.unfreeze()
blocks = {id(thing) // MIB + near for thing in gc.get_objects() for near in (-1, 0, 1)}
top = libc.sbrk(0) // MIB
blocks |= set(range(top - 64, top + 1))
reading, writing = os.pipe()
found, pages = 0, 0
for block in sorted(blocks):
    data = b""
    for address in range(block * MIB, (block + 1) * MIB, PAGE):
        # The kernel says EFAULT where nothing is mapped.
        if libc.write(writing, ctypes.c_void_p(address), PAGE) == PAGE:
            data += os.read(reading, PAGE)
            pages += 1
    for part in parts:
        if holds(data, part):
            print("BREACH", part.decode())
print("looked at", pages > 500)`,
  ],
];

describe("a later execution under sandbox-bwrap finds nothing of an earlier one in", () => {
  let plugged: PluginUnderTest;
  let sandbox: Sandbox;
  const run = (code: string, request: Partial<ExecutionRequest> = {}) =>
    sandbox.execute({ code, timeoutMs: 20_000, memoryMiB: 1024, ...request }, { signal: new AbortController().signal });
  before(async function () {
    plugged = await setupPlugin(plugin, {
      options: { workers: 1, packages: false },
      services: [[PYTHON, pythonEnvironments(defaultCacheDir())]],
    });
    sandbox = plugged.provided(SANDBOX);
    await needSandbox(this, sandbox);
  });
  beforeEach(async () => {
    const told = `import sys\nprint('${secret("printed")}')\nprint('${secret("complained")}', file=sys.stderr)\n# ${secret("source")}`;
    // The child of the next execution is made right after each of these.
    await run(told);
    await run(told, { session: secret("session") });
  });
  after(() => plugged.dispose());

  for (const [where, code] of ways) {
    const parts = `[${SECRETS.map((part) => `b'${part}'`).join(", ")}]`;
    it(where, async () => {
      const result = await run(`needle = ${needle}\nparts = ${parts}\n${code}`);
      expect(result).to.include({ status: "ok", stderr: "" });
      expect(result.stdout).not.to.match(/BREACH|False/);
    });
  }
});
