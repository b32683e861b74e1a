import type { PluginError, PythonEnvironments } from "@autotraj/core/plugin";
import { expect } from "chai";
import { reportingPackages } from "../src/reporting.ts";

describe("the packages of services that are reported to", () => {
  const made: (readonly string[])[] = [];
  const environments: PythonEnvironments = {
    ensure: async (name, requirements) => {
      made.push([name, ...requirements]);
      return { python: "/p", sitePackages: "/reporting/site", basePython: "/b", version: "3.11" };
    },
  };

  it("are installed when they are asked for, in fixed versions", async () => {
    expect(await reportingPackages([], environments)).to.equal(undefined);
    expect(made).to.deep.equal([]);
    expect(await reportingPackages(["wandb", "trackio"], environments)).to.equal("/reporting/site");
    expect(made).to.deep.equal([["reporting", "wandb==0.31.0", "trackio==0.43.0"]]);
  });

  it("are the user's own where they are heavy, and that is said", async () => {
    const error = await reportingPackages(["mlflow", "wandb"], environments).catch((thrown: PluginError) => thrown);
    expect(error).to.include({ code: "TRAIN_SETTINGS", message: "reportTo: the package of mlflow is not installed by AutoTraj." });
  });
});
