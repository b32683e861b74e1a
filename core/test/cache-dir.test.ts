import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { expect } from "chai";
import { defaultCacheDir } from "../src/host/cache-dir.ts";

describe("the folder of caches", () => {
  const NAMES = ["AUTOTRAJ_CACHE", "XDG_CACHE_HOME"] as const;
  const before = NAMES.map((name) => [name, process.env[name]] as const);
  const set = (values: Readonly<Partial<Record<(typeof NAMES)[number], string>>>) => {
    for (const name of NAMES) {
      const value = values[name];
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
  afterEach(() => set(Object.fromEntries(before)));
  const OWN = join(homedir(), ".cache", "autotraj");

  it("is the user's, unless the environment names another", () => {
    set({});
    expect(defaultCacheDir()).to.equal(OWN);
    set({ XDG_CACHE_HOME: "/var/cache/me" });
    expect(defaultCacheDir()).to.equal(join("/var/cache/me", "autotraj"));
    set({ XDG_CACHE_HOME: "/var/cache/me", AUTOTRAJ_CACHE: "/data/autotraj" });
    expect(defaultCacheDir()).to.equal(resolve("/data/autotraj"));
  });

  it("is the user's where the environment names an empty one, or one of the desktop's that is no whole path", () => {
    set({ XDG_CACHE_HOME: "", AUTOTRAJ_CACHE: "" });
    expect(defaultCacheDir()).to.equal(OWN);
    set({ XDG_CACHE_HOME: "cache" });
    expect(defaultCacheDir()).to.equal(OWN);
  });

  it("is a whole path, wherever a process that is handed it works", () => {
    set({ AUTOTRAJ_CACHE: "cache" });
    expect(defaultCacheDir()).to.equal(resolve("cache"));
  });
});
