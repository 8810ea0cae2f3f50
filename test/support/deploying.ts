import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Pool } from "pg";

// What goes on while releases come and go: producers that insert, and clients that keep their connections and ask the app.

export interface Load {
  /** Rows inserted so far. */
  inserted(): number;
  /** Ends, and gives each failed request, what each release answered, and how many connections the clients needed. */
  end(): Promise<{ readonly failures: readonly string[]; readonly requests: number; readonly connections: number }>;
}

const clients = 4;
const rowsPerTick = 5;
const tickMs = 100;

/** 50 rows a second, each for a recipient of its own, and requests without a pause over connections that are kept. */
export function startLoad(db: Pool, port: number): Load {
  let going = true;
  let [rows, requests, connections] = [0, 0, 0];
  const failures: string[] = [];
  const insert = async () => {
    for (let due = Date.now(); going; due += tickMs) {
      await sleep(Math.max(0, due - Date.now()));
      await db.query(
        `INSERT INTO notify.notification (enterprise_id, workflow, recipients, payload)
         SELECT 'acme', 'in-app', jsonb_build_array('s' || n), '{"body":"Through a deploy"}' FROM generate_series($1::int, $2::int) n`,
        [rows + 1, rows + rowsPerTick],
      );
      rows += rowsPerTick;
    }
  };
  const client = async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (going) {
      const answer = await get(agent, port, () => connections++);
      requests++;
      if (answer !== "200") failures.push(`${new Date().toISOString()} ${answer}`);
      await sleep(20);
    }
    agent.destroy();
  };
  const all = Promise.all([insert(), ...Array.from({ length: clients }, client)]);
  all.catch(() => undefined);
  return {
    inserted: () => rows,
    end: async () => {
      going = false;
      await all;
      return { failures, requests, connections };
    },
  };
}

/** The bridge's own health check, which asks nobody. No second try: what a client without one sees is what counts. */
const get = (agent: Agent, port: number, connected: () => void): Promise<string> =>
  new Promise((resolve) => {
    const call = request({ agent, host: "127.0.0.1", port, path: "/api/novu", timeout: 20_000 }, (answer) => {
      answer.resume();
      answer.once("end", () => resolve(String(answer.statusCode)));
      answer.once("error", (error) => resolve(error.message));
    });
    call.once("socket", (socket) => {
      if (socket.connecting) connected();
    });
    call.once("timeout", () => call.destroy(new Error("no answer within 20 s")));
    call.once("error", (error) => resolve(error.message));
    call.end();
  });
