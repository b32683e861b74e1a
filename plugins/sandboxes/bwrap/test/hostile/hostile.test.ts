import { pythonEnvironments } from "@autotraj/core";
import { PYTHON, SANDBOX } from "@autotraj/core/plugin";
import { defaultCacheDir, type PluginUnderTest, setupPlugin } from "@autotraj/testkit";
import { needSandbox } from "../../../../../test/hostile/containment.ts";
import plugin from "../../src/index.ts";
import { kernel } from "./kernel.ts";
import { output } from "./output.ts";
import { processes } from "./processes.ts";
import { itKeeps } from "./row.ts";
import { storage } from "./storage.ts";
import { leftovers, sessions } from "./trajectories.ts";

const LANES = 2;

describe("bubblewrap keeps its promises to hostile code:", function () {
  this.timeout(60_000);
  let plugged: PluginUnderTest[] = [];
  before(async function () {
    const options = { workers: 1, packages: false };
    const services = [[PYTHON, pythonEnvironments(defaultCacheDir())]] as const;
    plugged = await Promise.all(Array.from({ length: LANES }, () => setupPlugin(plugin, { options, services: [...services] })));
    for (const { provided } of plugged) await needSandbox(this, provided(SANDBOX));
  });
  after(() => Promise.all(plugged.map(({ dispose }) => dispose())));
  const lanes = () => ({ sandboxes: plugged.map(({ provided }) => provided(SANDBOX)) });

  describe("the kernel:", () => itKeeps(kernel, lanes));
  describe("processes and time:", () => itKeeps(processes, lanes));
  describe("memory, files and sockets:", () => itKeeps(storage, lanes));
  describe("output:", () => itKeeps(output, lanes));
  describe("the next trajectory sees nothing of", () => itKeeps(leftovers, lanes));
  describe("sessions:", () => itKeeps(sessions, lanes));
});
