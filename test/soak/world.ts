import { join } from "node:path";
import { freePort } from "../../local/ports.ts";
import { startTemporal, type Temporal } from "../../local/temporal.ts";
import { databaseOn } from "../support/database.ts";
import { type FaultLab, openLab } from "../support/fault-lab.ts";
import { temporaryFolder } from "../support/folder.ts";
import { type PrivatePostgres, privatePostgres } from "../support/servers.ts";
import { type TcpProxy, tcpProxy } from "../support/tcp-proxy.ts";
import { temporalBinary } from "../support/temporal.ts";
import { startWorkerGroup, type WorkerGroup } from "./worker-group.ts";

/** Everything of a soak: servers of its own, networks that can fail, workers that are started again. */
export interface World {
  readonly lab: FaultLab;
  readonly workerGroup: WorkerGroup;
  readonly networks: Readonly<Record<"postgres" | "temporal" | "novu", TcpProxy>>;
  /** Stops it by a signal and starts it again after `ms`. One at a time; a second one waits. */
  restartPostgres(signal: NodeJS.Signals, ms: number): Promise<void>;
  restartTemporal(signal: NodeJS.Signals, ms: number): Promise<void>;
  close(): Promise<void>;
}

/** One after the other, whatever becomes of each. */
function inTurn(): (work: () => Promise<void>) => Promise<void> {
  let last: Promise<void> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export async function openWorld(workers: number, log: (line: string) => void): Promise<World> {
  const folder = temporaryFolder("xnovu-soak-");
  const closing: (() => Promise<unknown> | unknown)[] = [() => folder.remove()];
  const close = async () => {
    for (const end of closing.reverse()) await end();
  };
  try {
    const postgres: PrivatePostgres = await privatePostgres();
    closing.push(() => postgres.close());
    const { url } = await databaseOn(postgres.url);
    const [binary, port] = [await temporalBinary(), await freePort()];
    const start = () => startTemporal({ binary, port, namespace: "xnovu", dbFile: join(folder.path, "temporal.db") });
    let temporal: Temporal = await start();
    closing.push(() => temporal.stop());
    const lab = await openLab(url, temporal.address);
    closing.push(() => lab.close());
    const [toPostgres, toTemporal, toNovu] = await Promise.all([
      tcpProxy(new URL(url).host),
      tcpProxy(temporal.address),
      tcpProxy(new URL(lab.novu.url).host),
    ]);
    const networks = { postgres: toPostgres, temporal: toTemporal, novu: toNovu };
    for (const network of Object.values(networks)) closing.push(() => network.close());
    const env = {
      DATABASE_URL: toPostgres.through(url),
      TEMPORAL_ADDRESS: toTemporal.address,
      NOVU_API_URL: toNovu.through(lab.novu.url).replace(/\/$/, ""),
      XNOVU_STATEMENT_TIMEOUT_MS: "2000",
      XNOVU_NOVU_TIMEOUT_MS: "2000",
      XNOVU_RESTART_LIMIT: "0",
    };
    const workerGroup = await startWorkerGroup(lab, workers, env, log);
    closing.push(() => workerGroup.stop());
    const [ofPostgres, ofTemporal] = [inTurn(), inTurn()];
    return {
      lab,
      workerGroup,
      networks,
      restartPostgres: (signal, ms) =>
        ofPostgres(async () => {
          await postgres.server.kill(signal);
          await wait(ms);
          await postgres.restart();
        }),
      restartTemporal: (signal, ms) =>
        ofTemporal(async () => {
          await temporal.kill(signal);
          await wait(ms);
          temporal = await start();
        }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
