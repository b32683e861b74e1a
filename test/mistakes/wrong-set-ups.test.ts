/** Plugins whose options or set-up are wrong: what their author reads, word for word. */
import { CHECK, saysInFull } from "./mistake.ts";
import { but, FOR_EVER, ONE, plugin, scorer, tap } from "./plugins.ts";

saysInFull("a plugin whose options schema is wrong:", [
  {
    mistake: "a type that JSON Schema does not have",
    plugin: but(scorer(ONE), "properties: {}", 'properties: { strictness: { type: "int", default: 1, description: "How strict." } }'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] demo: a plugin says wrongly which options it has.
  plugins.mine: the options schema of mine is not a valid JSON Schema: options.properties.strictness.type must be one of array, boolean, integer, null, number, object, string, but is "int". (demo.yaml:9)
  in mine.mjs, named in demo.yaml:9
  That is its author's to correct, in meta.options.`,
  },
  {
    mistake: "not closed",
    plugin: but(scorer(ONE), "additionalProperties: false, ", ""),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] demo: a plugin says wrongly which options it has.
  plugins.mine: the options schema of mine is not closed: it needs type "object" and additionalProperties false, so that a misspelt option is noticed. (demo.yaml:9)
  in mine.mjs, named in demo.yaml:9
  That is its author's to correct, in meta.options.`,
  },
  {
    mistake: "values in place of a schema",
    plugin: but(scorer(ONE), /options: \{.*\} \},/, "options: { longest: 80 } },"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] demo: a plugin says wrongly which options it has.
  plugins.mine: the options schema of mine is not closed: it needs type "object" and additionalProperties false, so that a misspelt option is noticed. (demo.yaml:9)
  in mine.mjs, named in demo.yaml:9
  That is its author's to correct, in meta.options.`,
  },
  {
    mistake: "an option without a description",
    plugin: but(scorer(ONE), "properties: {}", 'properties: { longest: { type: "integer", default: 1 } }'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] demo: a plugin says wrongly which options it has.
  plugins.mine: the options schema of mine says nothing of longest: it needs a description. (demo.yaml:9)
  in mine.mjs, named in demo.yaml:9
  That is its author's to correct, in meta.options.`,
  },
]);

saysInFull("a plugin that is set up wrongly:", [
  {
    mistake: "its set-up throws",
    plugin: plugin("scorer", 'throw new Error("the rubric is empty");'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_SETUP_FAILED] plugin "mine": its setup failed: the rubric is empty
  in mine.mjs:4, named in demo.yaml:9
  These words are the plugin's own: correct it there, or tell its author.`,
  },
  {
    mistake: "its set-up makes a mistake of JavaScript",
    plugin: plugin("scorer", "const limits = undefined;", "limits.longest = 80;"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_SETUP_FAILED] plugin "mine": its setup failed: Cannot set properties of undefined (setting 'longest')
  in mine.mjs:5, named in demo.yaml:9
  These words are the plugin's own: correct it there, or tell its author.`,
  },
  {
    mistake: "its set-up never comes back",
    plugin: plugin("scorer", `return ${FOR_EVER};`),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_SETUP_FAILED] plugin "mine": its setup failed: it did not come back within 30 s
  in mine.mjs, named in demo.yaml:9
  A set-up only taps hooks and provides services; what takes long belongs in api.onStart.`,
  },
  {
    mistake: "a misspelt hook",
    plugin: but(scorer(ONE), "hooks.score", "hooks.scores"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): it uses api.hooks.scores, which does not exist.
  in mine.mjs:4, named in demo.yaml:9
  Did you mean "score"?`,
  },
  {
    mistake: "a misspelt method",
    plugin: plugin("scorer", "api.onstart(async () => {});"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): it uses api.onstart, which does not exist.
  in mine.mjs:4, named in demo.yaml:9
  Did you mean "onStart"?`,
  },
  {
    mistake: "tap in place of tapPromise",
    plugin: but(scorer(ONE), "tapPromise", "tap"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): it uses api.hooks.score.tap, which does not exist.
  in mine.mjs:4, named in demo.yaml:9
  There are: tapPromise.`,
  },
  {
    mistake: "a tap without its options",
    plugin: plugin("scorer", "api.hooks.score.tapPromise(async (batch) => batch.map(() => ({ mine: { value: 1 } })));"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): hooks.score.tapPromise was given no options.
  in mine.mjs:4, named in demo.yaml:9
  Call it as tapPromise({ … }, async (…) => …).`,
  },
  {
    mistake: "a hook that its kind may not tap",
    plugin: but(scorer(ONE), 'kind: "scorer"', 'kind: "gate"'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): it is a gate, and a gate may not tap "score".
  in mine.mjs:4, named in demo.yaml:9
  Only a scorer may (meta.kind); a gate taps shouldRepair.`,
  },
  {
    mistake: "an unknown before",
    plugin: but(scorer(ONE), "tapPromise({ ", 'tapPromise({ before: "exakt", '),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_ORDER_UNKNOWN] plugin "mine" (mine): its tap of "score" asks to run before "exakt", which does not tap that hook.
  in mine.mjs:4, named in demo.yaml:9
  Did you mean "exact"?`,
  },
  {
    mistake: "a dimension that is filled twice",
    plugin: but(scorer(ONE), "mine: { d", "correctness: { d"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_DIMENSION_CONFLICT] plugin "mine" (mine): it fills the dimension "correctness", which "exact" fills already.
  in mine.mjs:4, named in demo.yaml:9
  Remove one of the two from the preset, or give one another dimension name in its options.`,
  },
  {
    mistake: "no dimensions",
    plugin: but(scorer(ONE), '{ dimensions: { mine: { description: "good" } } }', "{}"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): its tap of "score" declares no dimensions.
  in mine.mjs:4, named in demo.yaml:9
  Call it as tapPromise({ dimensions: { name: { description } } }, …).`,
  },
  {
    mistake: "an unknown dimension in needs",
    plugin: but(scorer(ONE), "tapPromise({ ", 'tapPromise({ needs: ["corectness"], '),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_DIMENSION_MISSING] preset: some plugins cannot get the dimensions they need.
  "mine" needs "corectness", which no scorer of the preset fills. Did you mean "correctness"? (mine.mjs:4, named in demo.yaml:9)
  Dimensions there are: brevity, correctness, mine. Add the scorer that fills the missing one (e.g. @autotraj/scorer-answer for "correctness").`,
  },
  {
    mistake: "a service that nobody provides",
    plugin: plugin("scorer", 'api.use({ key: Symbol.for("autotraj:judge"), name: "judge", many: true });'),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_SERVICE_MISSING] plugin "mine" (mine): it needs a judge, and no plugin of the preset provides one.
  in mine.mjs:4, named in demo.yaml:9
  Add a judge plugin to the preset (\`autotraj plugin list\` shows the installed ones).`,
  },
]);

saysInFull("a plugin that would do nothing:", [
  {
    mistake: "a scorer without a tap",
    plugin: plugin("scorer"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): it is a scorer and taps no hook: it would do nothing.
  in mine.mjs, named in demo.yaml:9
  Call api.hooks.score.tapPromise({ … }, async (…) => …) in its setup itself, which awaits what comes before it.`,
  },
  {
    mistake: "a scorer that taps once it is started",
    plugin: plugin("scorer", "api.onStart(async () => {", ...tap(ONE), "});"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): it is a scorer and taps no hook: it would do nothing.
  in mine.mjs, named in demo.yaml:9
  Call api.hooks.score.tapPromise({ … }, async (…) => …) in its setup itself, which awaits what comes before it.`,
  },
  {
    mistake: "a gate without a tap, beside one that has one",
    plugin: plugin("gate"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): it is a gate and taps no hook: it would do nothing.
  in mine.mjs, named in demo.yaml:9
  Call api.hooks.shouldRepair.tapPromise({ … }, async (…) => …) in its setup itself, which awaits what comes before it.`,
  },
  {
    mistake: "a tool that nobody can call",
    plugin: plugin("tool"),
    command: CHECK,
    exit: 2,
    says: `[ATRAJ_PLUGIN_INVALID] plugin "mine" (mine): it is a tool and provides no service: it would do nothing.
  in mine.mjs, named in demo.yaml:9
  Call api.provide(…) in its setup, or in what it gives api.onStart.`,
  },
]);
