import { expect } from "chai";
import { resolvePreset } from "../../src/config/preset/index.ts";
import type { Looking } from "../../src/config/preset/resolve.ts";
import { failure, resolved, scratch } from "./scratch.ts";

const REST: Readonly<Record<string, string>> = {
  plugins: "plugins: { x: { use: ./x.mjs } }\n",
  rollout: "rollout: { policy: x }\n",
};

/** A preset with `value` in this place, on its third line, and sound but for that. */
function presetWith(path: string, value: string): string {
  const [section = "", ...inner] = path.split(".");
  const beside = BESIDE[path] ?? "";
  const written = inner.reduceRight((nested, key) => `{ ${beside && key === inner.at(-1) ? `${beside}, ` : ""}${key}: ${nested} }`, value);
  const others = Object.entries(REST).filter(([key]) => key !== section);
  return `${others.map(([, text]) => text).join("")}${"\n".repeat(2 - others.length)}${section}: ${written}\n`;
}

/** What stands beside the misshapen value, so that nothing else is wrong. */
const BESIDE: Readonly<Record<string, string>> = {
  "plugins.x.options": "use: ./x.mjs",
  "rollout.tools": "policy: x",
  "ablations.a.settings": "stage: sft",
};

const OBJECTS = ["plugins", "plugins.x", "plugins.x.options", "queries", "rollout", "repair", "reward", "reward.weights", "stages", "stages.sft"];
const MORE_OBJECTS = ["stages.mine", "ablations", "ablations.a", "ablations.a.settings", "run"];
const LISTS = ["rollout.tools", "queries.recorded"];
const TEXTS = ["plugins.x.use", "rollout.policy", "queries.train", "name", "description"];

const TABLE: readonly (readonly [places: readonly string[], values: readonly string[], expected: RegExp])[] = [
  [[...OBJECTS, ...MORE_OBJECTS], ['"text"', "[1]", "[]", "5"], /^must be an object/],
  [[...OBJECTS, ...MORE_OBJECTS], ["true"], /^must be (?:an object|false)/],
  [["plugins.x.options", "stages.sft", "stages.mine", "ablations.a.settings"], ["{ $env: NAME }"], /^is a secret; \$env and \$file work inside/],
  [LISTS, ['"text"', "5", "true", "{ a: 1 }"], /^must be a list/],
  [TEXTS, ["[1]", "[]", "5", "true", "{ a: 1 }", "{ $env: NAME }"], /^must be a string/],
];

describe("a preset of the wrong shape", () => {
  for (const [places, values, expected] of TABLE)
    for (const path of places)
      it(`with ${values.join(" or ")} in place of ${path} is told its line, the key path and what was expected, also where it is only looked at`, async () => {
        for (const value of values) {
          const cwd = scratch({ "demo.yaml": presetWith(path, value) });
          const given = { cwd, env: { NAME: "a value of eight" } };
          const error = await failure(resolvePreset("demo.yaml", given));
          const line = error.message.split("\n").find((one) => one.startsWith(`  ${path} `)) ?? error.message;
          expect(line.slice(path.length + 3), value).to.match(expected);
          expect(line, value).to.match(/\(demo\.yaml:3\)$/);
          const looking: Looking = { absent: () => {}, mistakes: [] };
          const told = await resolvePreset("demo.yaml", { ...given, looking }).then(
            () => looking.mistakes[0],
            (thrown: unknown) => thrown,
          );
          expect((told as Error).message, value).to.equal(error.message);
        }
      });

  for (const value of ['"text"', "[1]", "5", "true", "null"])
    it(`with nothing but ${value} in it is told that it must hold an object`, async () => {
      const { message } = await failure(resolved({ "demo.yaml": `${value}\n` }));
      expect(message).to.match(/\n {2}the file must hold one object with keys such as extends, queries, plugins, but is .+ \(demo\.yaml:1\)$/);
    });

  it("with null in place of a section is as one without the section", async () => {
    const shape = async (text: string) => (await resolved({ "demo.yaml": `${REST["plugins"]}${REST["rollout"]}${text}` })).redacted();
    const without = await shape("");
    for (const section of ["queries", "repair", "reward", "stages", "ablations", "run"])
      expect(await shape(`${section}: null\n`)).to.deep.equal(without);
    const { message } = await failure(resolved({ "demo.yaml": `${REST["plugins"]}${REST["rollout"]}stages: { sft: null }\n` }));
    expect(message).to.contain(
      '  stages.sft is empty, which takes back what an extended preset says, but no extended preset has a stage "sft". Write {} for its defaults, or take it out.',
    );
  });

  it("with null in place of what it cannot do without is told what is missing", async () => {
    const message = async (text: string) => (await failure(resolved({ "demo.yaml": text }))).message;
    expect(await message(`plugins: null\n${REST["rollout"]}`)).to.contain("  plugins is missing (object: ");
    expect(await message(`plugins: { x: null }\n${REST["rollout"]}`)).to.contain('  rollout.policy is "x", but no plugin has this id.');
    expect(await message(`plugins: { x: { use: null } }\n${REST["rollout"]}`)).to.contain('  plugins.x takes its "use" back. ');
    expect(await message(`${REST["plugins"]}rollout: null\n`)).to.contain("  rollout.policy is missing (string: ");
  });
});
