import { setTimeout as sleep } from "node:timers/promises";
import type { FaultOrder } from "@xnovu/novu-emulator";
import { sendingPaths } from "../support/fault-lab.ts";
import type { Load, Trouble } from "./plan.ts";
import type { World } from "./world.ts";

const bulkPath = "/v1/events/trigger/bulk";

/** Makes the trouble, and resolves when it is over. */
export async function makeTrouble(world: World, trouble: Trouble): Promise<void> {
  const { lab, workerGroup, networks } = world;
  const { control } = lab.novu;
  const order = (fault: FaultOrder) => control.addFault({ match: { path: sendingPaths }, ...fault });
  switch (trouble.kind) {
    case "kill worker":
      return workerGroup.kill(trouble.worker);
    case "stop worker":
      return workerGroup.pause(trouble.worker, trouble.ms);
    case "rolling restart":
      return workerGroup.roll();
    case "terminate connections":
      await lab.db.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'xnovu%'",
      );
      return;
    case "restart postgres":
      return world.restartPostgres(trouble.signal, trouble.ms);
    case "restart temporal":
      return world.restartTemporal(trouble.signal, trouble.ms);
    case "novu answers":
      order({
        status: trouble.status,
        // What is kept for a day under a call's key is an error of the moment, never the limit of a rate.
        cached: trouble.cached && trouble.status !== 429,
        times: 100_000,
        ...(trouble.status === 429 ? { headers: { "retry-after": "1" } } : {}),
      });
      await sleep(trouble.ms);
      return control.clearFaults();
    case "novu refuses calls":
      order({ match: { path: bulkPath }, status: trouble.status, cached: trouble.cached, times: 100_000 });
      await sleep(trouble.ms);
      return control.clearFaults();
    case "novu drops replies":
      return void order({ dropAfterAccept: true, times: trouble.times });
    case "novu is slow":
      order({ delayMs: trouble.delayMs, times: 100_000 });
      await sleep(trouble.ms);
      return control.clearFaults();
    case "network": {
      const network = networks[trouble.to];
      if (trouble.how === "delay") network.delay(200);
      else network[trouble.how]();
      await sleep(trouble.ms);
      return network.pass();
    }
  }
}

const insert = `
INSERT INTO notify.notification (enterprise_id, workflow, payload, recipients, priority, scheduled_for, transaction_id, max_attempts)
SELECT $1, $2, '{"name":"Ada"}', (SELECT jsonb_agg('r' || r) FROM generate_series(1, $3::int) r), $4,
  CASE WHEN $5::int > 0 THEN now() + $5::int * interval '1 millisecond' END, $6::text || '-' || n, 100
FROM generate_series(1, $7::int) n
ON CONFLICT DO NOTHING`;

/** Asks for the rows until the database has taken them: a lost reply is repeated under the same transaction ids. */
export async function putLoad({ lab }: World, load: Load, name: string, signal: AbortSignal): Promise<void> {
  const workflow = load.kind === "refused" ? "no-such-workflow" : "mail-only";
  const values = [load.tenant, workflow, load.recipients, load.priority, load.dueInMs, name, load.rows];
  while (!signal.aborted) {
    const done = await lab.db.query(insert, values).then(
      () => true,
      () => false,
    );
    if (done) return;
    await sleep(200);
  }
}
