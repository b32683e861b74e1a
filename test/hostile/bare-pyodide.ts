/** Pyodide without bubblewrap around it: what is proven of it holds on every system. */
import { pythonEnvironments } from "@autotraj/core";
import { PYTHON, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
// As it is built: from the sources, each interpreter would strip the types of its program anew.
import plugin from "@autotraj/sandbox-pyodide";
import { defaultCacheDir, type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { needSandbox } from "./containment.ts";

/** Opens one for a suite and closes it behind it. @returns how the suite's tests come by it */
export function barePyodide(): () => Sandbox {
  let plugged: PluginUnderTest;
  let sandbox: Sandbox;
  before(async function () {
    this.timeout(180_000);
    const options = { workers: 1, sympy: false, netns: "never" };
    plugged = await setupPlugin(plugin, { options, services: [[PYTHON, pythonEnvironments(defaultCacheDir())]] });
    sandbox = plugged.provided(SANDBOX);
    await needSandbox(this, sandbox);
  });
  after(() => plugged.dispose());
  return () => sandbox;
}
