import { messageOf } from "../../core/errors.ts";

/** Why a question was not answered. */
export interface Fault {
  readonly message: string;
  readonly hint?: string;
  /** SQLSTATE, gRPC status or the like. */
  readonly code?: string | number;
}

/** An answer or a fault, and how many milliseconds it took. */
export type Asked<T> =
  | { readonly ok: true; readonly value: T; readonly ms: number }
  | { readonly ok: false; readonly fault: Fault; readonly ms: number };

/** Asks under a time limit in milliseconds. Never rejects, and never waits for a question that ignores its signal. */
export async function ask<T>(
  question: (signal: AbortSignal) => Promise<T>,
  limitMs: number,
  explain: (error: unknown) => Fault | Promise<Fault> = faultOf,
): Promise<Asked<T>> {
  const startedAt = performance.now();
  const ms = () => Math.round((performance.now() - startedAt) * 10) / 10;
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no answer within ${limitMs} ms`);
      reject(error);
      late.abort(error);
    }, limitMs);
  });
  try {
    return { ok: true, value: await Promise.race([question(late.signal), limit]), ms: ms() };
  } catch (error) {
    return { ok: false, ms: ms(), fault: await explain(error) };
  } finally {
    clearTimeout(timer);
  }
}

export function faultOf(error: unknown): Fault {
  const code = (error as { code?: unknown } | null)?.code;
  return { message: messageOf(error), ...(typeof code === "string" || typeof code === "number" ? { code } : {}) };
}

/** Awaits at the most `ms`: for closing what may hang. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((done) => {
    timer = setTimeout(done, ms);
  });
  await Promise.race([work.catch(() => undefined), limit]);
  clearTimeout(timer);
}
