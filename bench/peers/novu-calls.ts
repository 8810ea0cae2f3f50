import { Pool } from "undici";

/** What a job holds: one event of Novu. */
export interface BenchEvent {
  readonly name: string;
  readonly to: unknown;
  readonly payload: unknown;
  readonly transactionId: string;
}

export interface NovuCalls {
  single(event: BenchEvent): Promise<void>;
  /** The same call for an event that is JSON text already. */
  singleText(event: string): Promise<void>;
  /** Up to 100 events. */
  bulk(events: readonly BenchEvent[]): Promise<void>;
  close(): Promise<void>;
}

interface Item {
  readonly status: string;
}

/** The two calls as a careful user writes them with undici: status and each item of the reply are looked at. */
export function novuCalls(url: string, connections: number): NovuCalls {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const headers = { "content-type": "application/json", authorization: "ApiKey bench" };
  async function post<T>(path: string, body: string): Promise<T> {
    const reply = await pool.request({ method: "POST", path, headers, body });
    if (reply.statusCode !== 201) throw new Error(`${path} answered ${reply.statusCode}`);
    return ((await reply.body.json()) as { data: T }).data;
  }
  const check = ({ status }: Item) => {
    if (status !== "processed") throw new Error(`an event ended as ${status}`);
  };
  return {
    single: async (event) => check(await post<Item>("/v1/events/trigger", JSON.stringify(event))),
    singleText: async (event) => check(await post<Item>("/v1/events/trigger", event)),
    async bulk(events) {
      const items = await post<Item[]>("/v1/events/trigger/bulk", JSON.stringify({ events }));
      if (items.length !== events.length) throw new Error("an event has no answer");
      items.forEach(check);
    },
    close: () => pool.close(),
  };
}
