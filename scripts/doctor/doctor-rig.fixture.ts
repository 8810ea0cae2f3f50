import { startBridge, type TestBridge } from "@xnovu/novu-emulator/test-bridge";
import { workflows } from "../../novu/workflows/index.ts";
import { testDatabase } from "../../test/support/database.ts";
import { type FakeServer, fakeServer, status } from "../../test/support/fake-server.ts";
import { testTemporal } from "../../test/support/temporal.ts";
import { type Env, novuKey, type WorkerRig, workerRig } from "../../test/support/worker.ts";
import { type Examination, type ExamineOptions, examine } from "./examine.ts";
import { exitCodeOf, type Finding } from "./finding.ts";

export interface Examined extends Examination {
  /** The finding of a check. */
  of(check: string): Finding;
  /** The checks in a state. */
  states(state: Finding["state"]): string[];
  readonly code: number;
}

export interface DoctorRig {
  readonly env: Env;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly worker: WorkerRig;
  readonly bridge: TestBridge;
  /** What the app's /api/health returns from now on. */
  setAppHealth(code: number, body: unknown): void;
  look(change?: Env, options?: Partial<ExamineOptions>): Promise<Examined>;
  close(): Promise<void>;
}

export const healthy = { status: "ok", checks: { server: { status: "up" }, database: { status: "up" } } };

/** Everything that the doctor checks, healthy: Postgres, Temporal, a synced Novu, a worker, and the two endpoints of the app. */
export async function doctorRig(): Promise<DoctorRig> {
  const [database, temporal] = await Promise.all([testDatabase(), testTemporal()]);
  const worker = await workerRig(database.url, temporal.address);
  const bridge = await startBridge(workflows, novuKey);
  const app = await fakeServer(status(500));
  const close = async () => {
    await Promise.all([worker.close(), bridge.close(), app.close()]);
    await Promise.all([database.close(), temporal.close()]);
  };
  try {
    await worker.novu.control.sync(bridge.url);
    await (await worker.start()).ready();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    env: worker.env,
    databaseUrl: database.url,
    temporalAddress: temporal.address,
    worker,
    bridge,
    setAppHealth: (code, body) => respondAs(app, bridge, code, body),
    async look(change = {}, options = {}) {
      const given = { audience: "all", limitMs: 4_000, appUrl: app.url, ...options } as const;
      return examined(await examine({ ...worker.env, ...change }, given));
    },
    close,
  };
}

/** Serves a health report, and the framework's own bridge behind /api/novu. */
function respondAs(app: FakeServer, bridge: TestBridge, code: number, body: unknown): void {
  app.answer((request, response) => {
    if (request.url === "/api/health") return void response.writeHead(code).end(JSON.stringify(body));
    const headers = { "novu-signature": String(request.headers["novu-signature"] ?? "") };
    void fetch(`${bridge.url}${new URL(request.url ?? "", app.url).search}`, { headers }).then(async (reply) =>
      response.writeHead(reply.status, { "content-type": "application/json" }).end(await reply.text()),
    );
  });
}

const examined = (examination: Examination): Examined => ({
  ...examination,
  of(check) {
    const found = examination.findings.find((finding) => finding.check === check);
    if (found === undefined)
      throw new Error(`no finding of ${check} among ${examination.findings.map((one) => one.check).join(", ")}`);
    return found;
  },
  states: (state) => examination.findings.filter((finding) => finding.state === state).map(({ check }) => check),
  code: exitCodeOf(examination.findings),
});
