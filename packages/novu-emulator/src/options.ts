import type { RateLimit } from "./rate-limit.ts";
import { type Behaviour, defaultBehaviour } from "./settings.ts";
import { Effects } from "./store/effects.ts";
import { openStore } from "./store/store.ts";
import type { Log, World } from "./world.ts";

export interface NovuOptions {
  /** 127.0.0.1 when absent. */
  host?: string;
  /** 0, a free one, when absent. */
  port?: number;
  /** Callers show it as `Authorization: ApiKey ...`; bridge calls are signed with it. */
  secretKey: string;
  /** Where to run the steps of workflows; a sync sets it too. Synced in the background as soon as it answers. */
  bridgeUrl?: string;
  /** Journal that keeps the data over restarts; in memory alone when absent. */
  dataFile?: string;
  idempotency?: boolean;
  transactionDedup?: boolean;
  /** false: accept and count events, run no steps. */
  deliver?: boolean;
  validatePayload?: boolean;
  rateLimit?: RateLimit | null;
  /** Waits between tries of a bridge call; Novu's 1, 2, 4 s when absent. */
  retryDelaysMs?: readonly number[];
  /** 5000 when absent, as in Novu. */
  bridgeTimeoutMs?: number;
  /** Factor on delays, digest and throttle windows; 1 when absent. */
  delayScale?: number;
  /** Milliseconds since 1970. */
  now?: () => number;
  log?: Log;
}

/** Opens the data file and fills in Novu's defaults. */
export function createWorld(options: NovuOptions, closing: AbortSignal): World {
  const now = options.now ?? Date.now;
  const behaviour: Behaviour = {
    idempotency: options.idempotency ?? defaultBehaviour.idempotency,
    transactionDedup: options.transactionDedup ?? defaultBehaviour.transactionDedup,
    deliver: options.deliver ?? defaultBehaviour.deliver,
    validatePayload: options.validatePayload ?? defaultBehaviour.validatePayload,
    rateLimit: options.rateLimit ?? defaultBehaviour.rateLimit,
  };
  return {
    secretKey: options.secretKey,
    store: openStore(options.dataFile),
    behaviour,
    effects: new Effects(),
    bridge: {
      secretKey: options.secretKey,
      retryDelaysMs: options.retryDelaysMs ?? [1000, 2000, 4000],
      timeoutMs: options.bridgeTimeoutMs ?? 5000,
      now,
    },
    delayScale: options.delayScale ?? 1,
    now,
    log: options.log ?? (() => undefined),
    closing,
  };
}
