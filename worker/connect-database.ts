import type { Pool } from "pg";
import type { Settings } from "../core/config/variables.ts";
import type { ClaimPort, DeliveryPort, SendingPausePort } from "../core/delivery.ts";
import type { Logger } from "../core/log.ts";
import { createClaims } from "../outbox/claims.ts";
import { createDelivery } from "../outbox/delivery.ts";
import { createPool } from "../outbox/pool.ts";
import { createSendingPause } from "../outbox/sending-pause.ts";

/** The worker's pool, and the ports over it. */
export interface Database {
  readonly pool: Pool;
  /** For the listener's connection, which is not one of the pool's. */
  readonly connection: { readonly url: string; readonly statementTimeoutMs: number; readonly name: string };
  readonly claims: ClaimPort;
  readonly delivery: DeliveryPort;
  readonly sendingPause: SendingPausePort;
}

export function connectDatabase({ url, statementTimeoutMs, poolSize }: Settings["database"], log: Logger): Database {
  const connection = { url, statementTimeoutMs, name: "xnovu-worker" };
  const onIdleError = (error: Error) => log.warn({ error: error.message }, "an idle database connection broke");
  const pool = createPool({ ...connection, poolSize, onIdleError });
  return {
    ...{ pool, connection },
    claims: createClaims(pool),
    delivery: createDelivery(pool),
    sendingPause: createSendingPause(pool),
  };
}
