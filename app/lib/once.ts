/**
 * One value per process, made on first use. It hangs on `globalThis` because a development server evaluates a module again after each
 * edit, and a second pool or a second line of state per edit would pile up. `key` names the value within the app.
 */
export function oncePerProcess<T>(key: string, make: () => T): T {
  const symbol = Symbol.for(`xnovu.app.${key}`);
  const store = globalThis as unknown as Record<symbol, T | undefined>; // the one place that knows the registry's type
  const value = store[symbol] ?? make();
  store[symbol] = value;
  return value;
}
