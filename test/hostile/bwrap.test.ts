import { pythonEnvironments } from "@autotraj/core";
import { PYTHON, SANDBOX, type Sandbox } from "@autotraj/core/plugin";
import { defaultCacheDir, type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import plugin from "../../plugins/sandboxes/bwrap/src/index.ts";
import { itContains, needSandbox } from "./containment.ts";

describe("bubblewrap contains code that", () => {
  let plugged: PluginUnderTest;
  let sandbox: Sandbox;
  before(async function () {
    plugged = await setupPlugin(plugin, { options: { workers: 1 }, services: [[PYTHON, pythonEnvironments(defaultCacheDir())]] });
    sandbox = plugged.provided(SANDBOX);
    await needSandbox(this, sandbox);
  });
  after(() => plugged.dispose());
  itContains("bwrap", () => sandbox);
});
