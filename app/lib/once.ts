/**
 * One value per process, created on first use. Stored on `globalThis`, because a development server evaluates a module again after each
 * edit, and would otherwise open another pool each time. `key` names the value within the app.
 */
export function oncePerProcess<T>(key: string, make: () => T): T {
  const symbol = Symbol.for(`xnovu.app.${key}`);
  const store = globalThis as unknown as Record<symbol, T | undefined>; // globalThis has no type for these keys
  const value = store[symbol] ?? make();
  store[symbol] = value;
  return value;
}
