import { startBridge, type TestBridge } from "@xnovu/novu-emulator/test-bridge";
import { workflows } from "../../novu/workflows/index.ts";
import { testDatabase } from "../../test/support/database.ts";
import { type FakeServer, fakeServer, status } from "../../test/support/fake-server.ts";
import { testTemporal } from "../../test/support/temporal.ts";
import { type Env, novuKey, type WorkerRig, workerRig } from "../../test/support/worker.ts";
import { type Examination, type ExamineOptions, examine } from "./examine.ts";
import { exitCodeOf, type Finding } from "./finding.ts";

export interface Looked extends Examination {
  /** The line of a check. */
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
  /** What the app's /api/health answers from now on. */
  appSays(code: number, body: unknown): void;
  look(change?: Env, options?: Partial<ExamineOptions>): Promise<Looked>;
  close(): Promise<void>;
}

export const healthy = { status: "ok", checks: { server: { status: "up" }, database: { status: "up" } } };

/** Everything that is asked, well and running: Postgres, Temporal, a Novu that is synced, a worker, and the app as far as it is asked. */
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
    appSays: (code, body) => answerAs(app, bridge, code, body),
    async look(change = {}, options = {}) {
      const asked = { audience: "all", limitMs: 4_000, appUrl: app.url, ...options } as const;
      return looked(await examine({ ...worker.env, ...change }, asked));
    },
    close,
  };
}

/** A health report, and the framework's own bridge behind /api/novu. */
function answerAs(app: FakeServer, bridge: TestBridge, code: number, body: unknown): void {
  app.answer((request, response) => {
    if (request.url === "/api/health") return void response.writeHead(code).end(JSON.stringify(body));
    const headers = { "novu-signature": String(request.headers["novu-signature"] ?? "") };
    void fetch(`${bridge.url}${new URL(request.url ?? "", app.url).search}`, { headers }).then(async (answer) =>
      response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text()),
    );
  });
}

const looked = (examination: Examination): Looked => ({
  ...examination,
  of(check) {
    const found = examination.findings.find((finding) => finding.check === check);
    if (found === undefined)
      throw new Error(`no line of ${check} among ${examination.findings.map((one) => one.check).join(", ")}`);
    return found;
  },
  states: (state) => examination.findings.filter((finding) => finding.state === state).map(({ check }) => check),
  code: exitCodeOf(examination.findings),
});
