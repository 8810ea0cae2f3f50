/** A result or an error, and the milliseconds it took. */
export type Measured<T> =
  | { readonly ok: true; readonly value: T; readonly ms: number }
  | { readonly ok: false; readonly error: unknown; readonly ms: number };

/** Runs a query under a time limit in milliseconds. Never rejects, and does not wait for a query that ignores its signal. */
export async function measure<T>(query: (signal: AbortSignal) => Promise<T>, limitMs: number): Promise<Measured<T>> {
  const startedAt = performance.now();
  const ms = () => Math.round((performance.now() - startedAt) * 10) / 10;
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new DOMException(`no response within ${limitMs} ms`, "TimeoutError");
      reject(error);
      abort.abort(error);
    }, limitMs);
  });
  try {
    const value = await Promise.race([query(abort.signal), limit]);
    return { ok: true, value, ms: ms() };
  } catch (error) {
    return { ok: false, error, ms: ms() };
  } finally {
    clearTimeout(timer);
  }
}
