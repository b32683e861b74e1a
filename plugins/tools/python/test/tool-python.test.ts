import { pythonEnvironments } from "@autotraj/core";
import { type ExecutionRequest, type ExecutionResult, PYTHON, SANDBOX, type Sandbox, TOOL, type Tool } from "@autotraj/core/plugin";
import { defaultCacheDir, type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { expect } from "chai";
import { failureOf } from "../../../../test/failure.ts";
import { needSandbox } from "../../../../test/hostile/containment.ts";
import bwrap from "../../../sandboxes/bwrap/src/index.ts";
import plugin from "../src/index.ts";
import { observation } from "../src/observation.ts";

const OK: ExecutionResult = { status: "ok", stdout: "", stderr: "", durationMs: 1, truncatedBytes: 0 };
const LIMITS = { timeoutMs: 5000, maxOutputChars: 20 };

function sandbox(isolation: string, strength: number, problem?: string): Sandbox & { readonly executed: ExecutionRequest[] } {
  const executed: ExecutionRequest[] = [];
  return {
    isolation,
    strength,
    packages: ["sympy==1.14.0"],
    sessions: true,
    executed,
    selfTest: async () => (problem === undefined ? { ok: true } : { ok: false, reason: problem }),
    async execute(request) {
      if (request.code.includes("sys.version")) return { ...OK, stdout: "3.14.0\n" };
      executed.push(request);
      return { ...OK, stdout: `${isolation}\n` };
    },
  };
}

async function setUp(sandboxes: Record<string, Sandbox>, options: object = {}): Promise<{ plugged: PluginUnderTest; tool: Tool }> {
  const plugged = await setupPlugin(plugin, { options, services: Object.entries(sandboxes).map(([id, service]) => [SANDBOX, service, id] as const) });
  return { plugged, tool: plugged.provided(TOOL) };
}

const context = (session = "s", earlier: { code: string }[] = []) => ({ session, earlier, history: [], signal: new AbortController().signal });

describe("the Python tool chooses its sandbox", () => {
  it("takes the strongest that passes its self-test, and says why a stronger one was refused", async () => {
    const { plugged, tool } = await setUp({ a: sandbox("pyodide", 1), b: sandbox("bwrap", 2, "user namespaces are off") });
    await plugged.start();
    expect((await tool.call({ code: "print(1)" }, context())).isolation).to.equal("pyodide");
    expect(plugged.warnings).to.deep.equal(['"a" is used because a stronger sandbox was refused. b: user namespaces are off']);
  });

  it("never takes one without isolation by itself", async () => {
    const { plugged } = await setUp({ bare: sandbox("none", 0) });
    const error = await failureOf(plugged.start());
    expect(error).to.have.property("code", "ISOLATION_UNAVAILABLE");
    expect(error).to.have.property("message").that.contains("The preset has: bare (none).");
  });

  it("takes it when it is named", async () => {
    const { plugged, tool } = await setUp({ bare: sandbox("none", 0) }, { isolation: "none" });
    await plugged.start();
    expect((await tool.call({ code: "print(1)" }, context())).isolation).to.equal("none");
  });

  it("does not put a weaker one in place of one that was named", async () => {
    const { plugged } = await setUp({ a: sandbox("pyodide", 1), b: sandbox("bwrap", 2, "bwrap: not found") }, { isolation: "bwrap" });
    const error = await failureOf(plugged.start());
    expect(error).to.have.property("message").that.contains("b: bwrap: not found");
    expect(error).to.have.property("hint").that.contains("apt-get install bubblewrap");
  });
});

describe("the Python tool tells the model what is true", () => {
  it("that each call starts fresh, or that variables stay", async () => {
    const { tool } = await setUp({ a: sandbox("pyodide", 1) });
    expect(tool.definition.description).to.contain("each call starts fresh").and.to.contain("at most 5 s");
    const { tool: stateful } = await setUp({ a: sandbox("pyodide", 1) }, { stateful: "session" });
    expect(stateful.definition.description).to.contain("variables stay from call to call");
  });

  it("which packages the chosen sandbox has", async () => {
    const { plugged, tool } = await setUp({ a: sandbox("pyodide", 1) });
    await plugged.start();
    expect(tool.definition.description).to.contain("sympy can be imported");
  });
});

describe("an observation", () => {
  it("is the output, or says that there is none", () => {
    expect(observation({ ...OK, stdout: "4\n" }, LIMITS)).to.equal("4");
    expect(observation(OK, LIMITS)).to.equal("[no output: print the result]");
  });

  it("says what was cut and by how much", () => {
    expect(observation({ ...OK, stdout: "é".repeat(30) }, LIMITS)).to.equal(`${"é".repeat(20)}\n[output truncated, 20 bytes]`);
    expect(observation({ ...OK, stdout: "😀".repeat(15) }, LIMITS)).to.equal(`${"😀".repeat(10)}\n[output truncated, 20 bytes]`);
  });

  it("shows what came before a time-out, and the time-out", () => {
    expect(observation({ ...OK, status: "timeout", stdout: "a\n" }, LIMITS)).to.equal("a\n[timeout after 5 s]");
  });

  it("shows the last line of a traceback and the line of the model's code", () => {
    const stderr = 'Traceback (most recent call last):\n  File "<code>", line 3, in <module>\nNameError: x\n';
    expect(observation({ ...OK, status: "error", stderr }, { ...LIMITS, maxOutputChars: 200 })).to.equal("NameError: x (line 3)");
  });

  it("shows the line of the model's own code, not of a library or of an earlier call's source", () => {
    const stderr = [
      "Traceback (most recent call last):",
      '  File "<code 3>", line 2, in <module>',
      '  File "/pysite/numpy/linalg.py", line 99, in inv',
      '  File "<frozen importlib._bootstrap>", line 1007, in _find',
      "LinAlgError: Singular matrix\n",
    ].join("\n");
    expect(observation({ ...OK, status: "error", stderr }, { ...LIMITS, maxOutputChars: 200 })).to.equal("LinAlgError: Singular matrix (line 2)");
  });

  it("shows what went to stderr when nothing else was printed", () => {
    expect(observation({ ...OK, stderr: "careful\n" }, LIMITS)).to.equal("careful");
    expect(observation({ ...OK, stdout: "4\n", stderr: "careful\n" }, LIMITS)).to.equal("4");
  });

  it("says that a flood was stopped, and how much of it is not shown", () => {
    expect(observation({ ...OK, status: "output-limit", stdout: "x\n", truncatedBytes: 900 }, LIMITS)).to.match(/^x\n\[output truncated, 900 bytes/);
  });

  it("shows all that was kept where the limit is 0", () => {
    expect(observation({ ...OK, stdout: "x".repeat(70_000) }, { ...LIMITS, maxOutputChars: 0 })).to.have.length(70_000);
  });

  it("survives a traceback made to trip a regular expression", () => {
    const stderr = `  File "${"<code".repeat(12_000)}`;
    expect(observation({ ...OK, status: "error", stderr }, LIMITS)).to.equal('File "<code<code<cod');
  });

  it("names the memory limit and a lost session", () => {
    expect(observation({ ...OK, status: "memory-limit" }, LIMITS)).to.equal("[memory limit]");
    expect(observation({ ...OK, status: "killed", sessionLost: true }, LIMITS)).to.contain("[the session was restarted: variables are gone]");
  });
});

describe("a call of the Python tool", () => {
  it("without code is refused without running anything", async () => {
    const only = sandbox("pyodide", 1);
    const { plugged, tool } = await setUp({ only });
    await plugged.start();
    for (const code of ["", "  ", 7, undefined]) expect(await tool.call({ code: code as string }, context())).to.have.property("ok", false);
    expect(only.executed).to.deep.equal([]);
  });

  it("loses its Markdown fence", async () => {
    const only = sandbox("pyodide", 1);
    const { plugged, tool } = await setUp({ only });
    await plugged.start();
    await tool.call({ code: "```python\nprint(1)\n```" }, context());
    await tool.call({ code: "```print(2)```" }, context());
    await tool.call({ code: "```\nprint(3)" }, context());
    expect(only.executed.map(({ code }) => code)).to.deep.equal(["print(1)\n", "print(2)", "print(3)"]);
  });

  it("in a session runs the earlier calls again first, where this process has not run them", async () => {
    const only = sandbox("pyodide", 1);
    const { plugged, tool } = await setUp({ only }, { stateful: "session" });
    await plugged.start();
    await tool.call({ code: "print(x)" }, context("s", [{ code: "x = 1" }]));
    await tool.call({ code: "print(x + 1)" }, context("s", [{ code: "x = 1" }, { code: "print(x)" }]));
    expect(only.executed.map(({ code }) => code)).to.deep.equal(["x = 1", "print(x)", "print(x + 1)"]);
  });
});

describe("the Python tool's identity", () => {
  const identityOf = async (options: object, service = sandbox("bwrap", 2)) => {
    const { plugged, tool } = await setUp({ service }, options);
    await plugged.start();
    return tool.identity;
  };

  it("is the same for the same set-up and another for whatever changes its answers", async () => {
    const identities = [
      await identityOf({}),
      await identityOf({ timeoutMs: 100 }),
      await identityOf({ memoryMiB: 64 }),
      await identityOf({ maxOutputChars: 400 }),
      await identityOf({ stateful: "session" }),
      await identityOf({}, sandbox("pyodide", 1)),
      await identityOf({}, { ...sandbox("bwrap", 2), packages: [] }),
      await identityOf({}, { ...sandbox("bwrap", 2), execute: async () => ({ ...OK, stdout: "3.15.0\n" }) }),
    ];
    expect(new Set(identities)).to.have.property("size", identities.length);
    expect(await identityOf({ name: "calculate" })).to.equal(identities[0]);
  });
});

describe("the Python tool in bubblewrap", () => {
  const plugins: PluginUnderTest[] = [];
  let real: Sandbox;
  /** Gives every session up after a tenth of a second. */
  let forgetful: Sandbox;
  before(async function () {
    for (const options of [{}, { packages: false, sessionIdleMs: 100 }]) {
      plugins.push(await setupPlugin(bwrap, { options: { workers: 1, ...options }, services: [[PYTHON, pythonEnvironments(defaultCacheDir())]] }));
    }
    [real, forgetful] = plugins.map((plugged) => plugged.provided(SANDBOX)) as [Sandbox, Sandbox];
    await needSandbox(this, real);
  });
  after(async () => {
    for (const plugged of plugins) await plugged.dispose();
  });

  it("computes, fails with a readable error, and runs out of time", async () => {
    const { plugged, tool } = await setUp({ real }, { timeoutMs: 1000 });
    await plugged.start();
    expect(await tool.call({ code: "import sympy\nprint(sympy.factor('x**2 - 1'))" }, context())).to.include({
      content: "(x - 1)*(x + 1)",
      ok: true,
      isolation: "bwrap",
    });
    expect((await tool.call({ code: "y = 1\nprint(z)" }, context())).content).to.match(/^NameError: name 'z' is not defined \(line 2\)/);
    expect((await tool.call({ code: "print('a')\nwhile True: pass" }, context())).content).to.equal("a\n[timeout after 1 s]");
  });

  it("keeps variables within a session and between none", async () => {
    const { plugged, tool } = await setUp({ real }, { stateful: "session" });
    await plugged.start();
    await tool.call({ code: "x = 41" }, context("one"));
    expect((await tool.call({ code: "print(x + 1)" }, context("one", [{ code: "x = 41" }]))).content).to.equal("42");
    expect((await tool.call({ code: "print(x)" }, context("two"))).content).to.contain("NameError");
    tool.endSession?.("one");
    tool.endSession?.("two");
  });

  it("builds a session up again that the sandbox gave up, and the model does not notice", async () => {
    const { plugged, tool } = await setUp({ real: forgetful }, { stateful: "session" });
    await plugged.start();
    await tool.call({ code: "x = 41" }, context("three"));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await tool.call({ code: "print(x + 1)" }, context("three", [{ code: "x = 41" }]))).content).to.equal("42");
  });

  it("tells the model that a time-out took its variables", async () => {
    const { plugged, tool } = await setUp({ real }, { stateful: "session", timeoutMs: 500 });
    await plugged.start();
    const earlier = [{ code: "x = 41" }, { code: "while True: pass" }];
    await tool.call(earlier[0]!, context("four"));
    expect((await tool.call(earlier[1]!, context("four", earlier.slice(0, 1)))).content).to.match(/timeout after 0\.5 s.*\n.*variables are gone/);
    expect((await tool.call({ code: "print(x)" }, context("four", earlier))).content).to.contain("NameError");
  });
});
