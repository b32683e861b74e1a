/** Plugins whose file is of another kind, or hands over something else than it seems to: what their author reads, word for word. */
import { CHECK, saysInFull } from "./mistake.ts";
import { but, EMPTY, FOR_EVER, ONE, plugin, scorer, tap } from "./plugins.ts";

const code = (lines: readonly string[]) => lines.join("\n");
const options = (schema: string) => but(scorer(ONE), EMPTY, schema);
const option = (schema: string) => options(`{ type: "object", additionalProperties: false, properties: { longest: ${schema} } }`);
const broken = (manifest: string) => ({ "node_modules/autotraj-scorer-x/package.json": manifest });

saysInFull("a plugin's file", [
  {
    mistake: "is a folder",
    use: "./sub",
    files: { "sub/index.js": "" },
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./sub): it is a folder.
  in sub, named in demo.yaml:9
  Name the file in it that exports the plugin, as in ./folder/index.js.`,
  },
  {
    mistake: "is Python",
    use: "./mine.py",
    files: { "mine.py": "def score(x): pass\n" },
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.py): it is a file of kind .py.
  in mine.py, named in demo.yaml:9
  A plugin is a JavaScript or TypeScript module (.js, .mjs, .cjs, .ts, .mts, .cts). A preset is named in extends.`,
  },
  {
    mistake: "is a preset",
    use: "./base.yaml",
    files: { "base.yaml": "run: {}\n" },
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./base.yaml): it is a file of kind .yaml.
  in base.yaml, named in demo.yaml:9
  A plugin is a JavaScript or TypeScript module (.js, .mjs, .cjs, .ts, .mts, .cts). A preset is named in extends.`,
  },
  {
    mistake: "is named without its ending",
    use: "./mine",
    plugin: scorer(ONE),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_NOT_FOUND] plugin "mine" (./mine): there is no file mine.
  in demo.yaml:9
  Did you mean "mine.mjs"?`,
  },
  {
    mistake: "is an address",
    use: '"https://example.com/mine.js"',
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_NOT_FOUND] plugin "mine": no package "https://example.com/mine.js" is installed for <folder>.
  in demo.yaml:9
  Name an installed package, or a file of this machine that begins with ./ or /; no address.`,
  },
  {
    mistake: "is TypeScript that Node cannot run",
    use: "./mine.ts",
    files: { "mine.ts": code(["enum Card { Ace }", ...scorer(ONE)]) },
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.ts): Node cannot run its file as it is: TypeScript enum is not supported in strip-only mode.
  in mine.ts:1, named in demo.yaml:9
  Compile it, or write it in TypeScript whose types can be left out: no enum, no namespace.`,
  },
  {
    mistake: "is CommonJS by another name",
    use: "./mine.mjs",
    plugin: ['const fs = require("node:fs");', ...scorer(ONE)],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): it is written as CommonJS (require, module.exports) in a file that is an ES module.
  in mine.mjs:1, named in demo.yaml:9
  Write import and export default, or let its name end in .cjs.`,
  },
  {
    mistake: "has not been compiled",
    use: "autotraj-scorer-x",
    files: broken('{ "name": "autotraj-scorer-x", "version": "1.0.0", "type": "module", "main": "dist/index.js" }'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_NOT_FOUND] plugin "mine": the package "autotraj-scorer-x" cannot be used: the file that its package.json names as main is not there.
  in demo.yaml:9
  Compile it where it is a package of your own (npm run build), or install it again.`,
  },
  {
    mistake: "lies behind a broken package.json",
    use: "autotraj-scorer-x",
    files: broken("{"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_NOT_FOUND] plugin "mine": the package "autotraj-scorer-x" cannot be used: its package.json is no valid JSON.
  in demo.yaml:9
  Compile it where it is a package of your own (npm run build), or install it again.`,
  },
  {
    mistake: "never comes back from a top-level await",
    plugin: [`await ${FOR_EVER};`, ...scorer(ONE)],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): it failed while it was loaded: it did not come back within 60 s
  in mine.mjs, named in demo.yaml:9
  What a plugin needs is looked up in its setup, and what is slow begins in api.onStart.`,
  },
]);

saysInFull("a plugin's default export", [
  {
    mistake: "stands twice",
    plugin: [...scorer(ONE), "export default {};"],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): its file is not valid JavaScript: Identifier '.default' has already been declared.
  in mine.mjs:9, named in demo.yaml:9
  Correct it there.`,
  },
  {
    mistake: "is a promise",
    plugin: [...but(scorer(ONE), "export default", "const plugin ="), "export default Promise.resolve(plugin);"],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): it exports a promise of a plugin.
  in mine.mjs, named in demo.yaml:9
  Write await before it: export default await …`,
  },
  {
    mistake: "is a list",
    plugin: [...but(scorer(ONE), "export default", "const plugin ="), "export default [plugin];"],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): it exports a list.
  in mine.mjs, named in demo.yaml:9
  A file exports one plugin; several are several files, each with its entry in the preset.`,
  },
  {
    mistake: "is a text",
    plugin: ['export default "mine";'],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): its default export is "mine".
  in mine.mjs, named in demo.yaml:9
  A plugin is its file's default export: export default { meta, setup }.`,
  },
  {
    mistake: "throws when it is read",
    plugin: ['export default { get meta() { throw new Error("no"); }, setup() {} };'],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): it failed while it was loaded: no
  in mine.mjs:1, named in demo.yaml:9
  What a plugin needs is looked up in its setup, and what is slow begins in api.onStart.`,
  },
  {
    mistake: "has a number for a name",
    plugin: but(scorer(ONE), 'name: "mine"', "name: 7"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): its meta.name is 7; it must be a text.
  in mine.mjs, named in demo.yaml:9
  A meta is { name, apiVersion: 1, kind, description, options: { type: "object", additionalProperties: false, properties: {} } }.`,
  },
]);

saysInFull("a plugin that throws no error but", [
  {
    mistake: "undefined, while it is loaded",
    plugin: ["throw undefined;", ...scorer(ONE)],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (./mine.mjs): it failed while it was loaded: undefined was thrown, which says nothing
  in mine.mjs, named in demo.yaml:9
  What a plugin needs is looked up in its setup, and what is slow begins in api.onStart.`,
  },
  {
    mistake: "an object, in its set-up",
    plugin: plugin("scorer", "throw { code: 7 };"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_SETUP_FAILED] plugin "mine": its setup failed: an object was thrown, which says nothing
  in mine.mjs, named in demo.yaml:9
  These words are the plugin's own: correct it there, or tell its author.`,
  },
  {
    mistake: "an error without a word, in its set-up",
    plugin: plugin("scorer", "throw new TypeError();"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_SETUP_FAILED] plugin "mine": its setup failed: TypeError without a word
  in mine.mjs:4, named in demo.yaml:9
  These words are the plugin's own: correct it there, or tell its author.`,
  },
]);

saysInFull("an options schema that", [
  {
    mistake: "is null",
    plugin: options("null"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] demo: a plugin says wrongly which options it has.
  plugins.mine: the options schema of mine is null; it must be an object: { type: "object", additionalProperties: false, properties: {} }. (demo.yaml:9)
  in mine.mjs, named in demo.yaml:9
  That is its author's to correct, in meta.options.`,
  },
  {
    mistake: "contains itself",
    plugin: ["const loop = {};", "loop.loop = loop;", ...options("loop")],
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] demo: a plugin says wrongly which options it has.
  plugins.mine: the options schema of mine contains itself, or values that JSON does not have; it must be plain data. (demo.yaml:9)
  in mine.mjs, named in demo.yaml:9
  That is its author's to correct, in meta.options.`,
  },
  {
    mistake: "has a misspelt keyword",
    plugin: option('{ type: "string", patern: "x", description: "d" }'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] demo: a plugin says wrongly which options it has.
  plugins.mine: the options schema of mine is not a valid JSON Schema: JSON Schema has no keyword "patern". (demo.yaml:9)
  in mine.mjs, named in demo.yaml:9
  That is its author's to correct, in meta.options.`,
  },
  {
    mistake: "refers to nothing",
    plugin: option('{ $ref: "#/nowhere", description: "d" }'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] demo: a plugin says wrongly which options it has.
  plugins.mine: the options schema of mine is not a valid JSON Schema: it refers to #/nowhere, which is not in it. (demo.yaml:9)
  in mine.mjs, named in demo.yaml:9
  That is its author's to correct, in meta.options.`,
  },
  {
    mistake: "has a default that it does not allow",
    plugin: option('{ type: "integer", default: "x", description: "d" }'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_OPTIONS_INVALID] demo: 1 option is wrong.
  plugins.mine.options.longest must be an integer, but is "x" (d). That is its plugin's own default, for its author to correct in meta.options. (demo.yaml:9)
  \`autotraj plugin info ./mine.mjs\` lists a plugin's options.`,
  },
]);

saysInFull("a tap that", [
  {
    mistake: "has an unknown option",
    plugin: but(scorer(ONE), "tapPromise({ ", 'tapPromise({ after: "exact", '),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): hooks.score.tapPromise was given the option "after", which does not exist.
  in mine.mjs:4, named in demo.yaml:9
  There are: name, stage, before, timeoutMs, dimensions, needs.`,
  },
  {
    mistake: "has an option of another hook",
    plugin: but(scorer(ONE), "tapPromise({ ", "tapPromise({ attempts: 2, "),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): hooks.score.tapPromise was given the option "attempts", which belongs to "repair".
  in mine.mjs:4, named in demo.yaml:9
  There are: name, stage, before, timeoutMs, dimensions, needs.`,
  },
  {
    mistake: "has an option of several other hooks",
    plugin: plugin("preparer", 'api.hooks.beforeRollout.tapPromise({ needs: ["correctness"] }, async () => undefined);'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): hooks.beforeRollout.tapPromise was given the option "needs", which belongs to "score", "shouldRepair", "repair" and "reward".
  in mine.mjs:4, named in demo.yaml:9
  There are: name, stage, before, timeoutMs.`,
  },
  {
    mistake: "comes before itself",
    plugin: but(scorer(ONE), "tapPromise({ ", 'tapPromise({ before: "mine", '),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_ORDER_UNKNOWN] plugin "mine" (mine): its tap of "score" asks to run before "mine", which is itself.
  in mine.mjs:4, named in demo.yaml:9
  Others that tap "score": exact:brevity, exact.`,
  },
  {
    mistake: "needs itself",
    plugin: but(scorer(ONE), "tapPromise({ ", 'tapPromise({ needs: ["mine"], '),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_DIMENSION_MISSING] preset: some plugins cannot get the dimensions they need.
  "mine" needs "mine", and these wait for it in a circle (mine.mjs:4, named in demo.yaml:9)
  Take one of these needs out.`,
  },
  {
    mistake: "has a range from 1 to 0",
    plugin: but(scorer(ONE), 'description: "good"', 'description: "good", range: [1, 0]'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): its dimension "mine" has the range [1,0].
  in mine.mjs:4, named in demo.yaml:9
  A dimension is { description, range: [least, most] }; without a range it is from 0 to 1.`,
  },
  {
    mistake: "lists its dimensions",
    plugin: but(scorer(ONE), '{ mine: { description: "good" } }', '["mine"]'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): its dimension "0" has no description.
  in mine.mjs:4, named in demo.yaml:9
  A dimension is { description, range: [least, most] }; without a range it is from 0 to 1.`,
  },
  {
    mistake: "comes after the set-up, as another has not",
    plugin: plugin("scorer", ...tap(ONE), "api.onStart(async () => {", ...tap(ONE), "});"),
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): it taps "score" after its setup.
  in mine.mjs:8, named in demo.yaml:9
  Tap in setup itself: what taps there are is known before anything starts.`,
  },
  {
    mistake: "gives promises",
    plugin: scorer("return batch.map(async () => ({ mine: { value: 1 } }));"),
    exit: 1,
    says: `! mine: query q-N: "mine" gave a promise, which nobody has awaited for a trajectory. A row names its dimensions: { mine: { value } }
! mine: query q-N: "mine" gave a promise, which nobody has awaited for a trajectory. A row names its dimensions: { mine: { value } } (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: "mine" gave a promise, which nobody has awaited for a trajectory. A row names its dimensions: { mine: { value } }
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
  {
    mistake: "gives a BigInt",
    plugin: scorer("return batch.map(() => ({ mine: { value: 1n } }));"),
    exit: 1,
    says: `! mine: query q-N: "mine" gave 1n for "mine". A value is a number from 0 to 1; where there is none, give { skipped: "why" } or { failed: "why" }
! mine: query q-N: "mine" gave 1n for "mine". A value is a number from 0 to 1; where there is none, give { skipped: "why" } or { failed: "why" } (more of these are in log.jsonl)
[ATRAJ_SCORER_FAILED] scorer "mine": it failed on 10 questions in a row; the last: "mine" gave 1n for "mine". A value is a number from 0 to 1; where there is none, give { skipped: "why" } or { failed: "why" }
  in mine.mjs:4, named in demo.yaml:9
  Nothing is lost: correct it, then \`autotraj resume runs/demo\` scores again; calls that were made are not made again.`,
  },
]);

saysInFull("a plugin that does with the process as it likes:", [
  {
    mistake: "ends it",
    plugin: scorer("process.exit(0);"),
    exit: 1,
    says: `[ATRAJ_STRAY_ERROR] plugin: it ended the whole process (process.exit(0)).
  in mine.mjs:5
  A plugin throws an error where it cannot go on. What was done is kept; \`autotraj resume\` goes on.`,
  },
  { mistake: "goes to another folder", plugin: plugin("scorer", 'process.chdir("/");', ...tap(ONE)), exit: 0, says: `` },
]);
