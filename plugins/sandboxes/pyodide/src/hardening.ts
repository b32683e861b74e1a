/**
 * Makes what every JavaScript object inherits unchangeable. Python's values become JavaScript's on the way out, and from any of these lead ways to
 * `Object`, `Function`, `Array`, …: a method replaced there would be called by the interpreter's own code, with objects that Python must not have.
 */

/** What inherits from these is looked at by everybody. Modules and classes of Node keep their own references to what they need. */
const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: Readonly<Record<string, object>> };
const NAMESPACES = [Reflect, JSON, Math, Atomics, wasm];
const CONSTRUCTORS = [
  ...[Object, Function, Array, Promise, Map, Set, WeakMap, WeakSet, WeakRef, FinalizationRegistry],
  ...[String, Number, Boolean, Symbol, BigInt, Date, RegExp, Proxy],
  ...[Error, AggregateError, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError],
  ...[ArrayBuffer, SharedArrayBuffer, DataView, Object.getPrototypeOf(Uint8Array) as object],
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array],
  ...[BigInt64Array, BigUint64Array],
  ...["Memory", "Table", "Global", "Instance", "Module"].flatMap((name) => wasm[name] ?? []),
  ...[function* () {}, async () => {}, async function* () {}].map((one) => one.constructor),
];
const HIDDEN_PROTOTYPES = [[][Symbol.iterator](), new Map().values(), new Set().values(), ""[Symbol.iterator](), (function* () {})()].flatMap(
  ancestors,
);

export function hardenIntrinsics(): void {
  // V8 calls it with the frames of an error, and these with the objects whose methods ran.
  Object.defineProperty(Error, "prepareStackTrace", { value: undefined, writable: false, configurable: false });
  const prototypes = CONSTRUCTORS.flatMap((one) => ("prototype" in one ? [one.prototype as object] : []));
  for (const prototype of new Set([...prototypes, ...HIDDEN_PROTOTYPES])) {
    for (const key of Reflect.ownKeys(prototype)) protectInherited(prototype, key);
    Object.preventExtensions(prototype);
  }
  for (const holder of [...NAMESPACES, ...CONSTRUCTORS]) {
    for (const key of Reflect.ownKeys(holder)) protectOwn(holder, key);
  }
}

function protectOwn(holder: object, key: PropertyKey): void {
  // Node sets this one whenever it makes an error of its own.
  if (key === "stackTraceLimit") return;
  const found = Reflect.getOwnPropertyDescriptor(holder, key);
  if (found?.configurable) Object.defineProperty(holder, key, "value" in found ? { writable: false, configurable: false } : { configurable: false });
}

/** An object may still have a property of its own by this name, which a property that is only not writable would forbid. */
function protectInherited(prototype: object, key: PropertyKey): void {
  const { value, enumerable, configurable, writable } = Reflect.getOwnPropertyDescriptor(prototype, key) ?? {};
  if (!configurable || !writable) {
    protectOwn(prototype, key);
    return;
  }
  Object.defineProperty(prototype, key, {
    get: () => value as unknown,
    set(this: object, own: unknown) {
      if (this === prototype) throw new TypeError(`${String(key)} is not to be changed in the sandbox`);
      Object.defineProperty(this, key, { value: own, writable: true, enumerable: true, configurable: true });
    },
    enumerable,
    configurable: false,
  });
}

function ancestors(object: object): object[] {
  const parent = Object.getPrototypeOf(object) as object | null;
  return parent === null ? [] : [parent, ...ancestors(parent)];
}
