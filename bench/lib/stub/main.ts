import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { StubCommand, StubCounts, StubReport } from "./messages.ts";

// A Novu endpoint as cheap as one can be, in a process of its own, so that it costs the same for everyone who is measured. It answers single
// and bulk calls, counts events, and takes a transaction id that comes twice for a duplicate. Its parent talks to it by messages.

interface Event {
  readonly transactionId: string;
}

const send = (report: StubReport) => void process.send?.(report);
const now = () => Number(process.hrtime.bigint()) / 1e6;

let counts: StubCounts = { events: 0, duplicates: 0, single: 0, bulk: 0 };
let seen = new Map<string, number>();
let target = 0;

function note({ transactionId }: Event, at: number): void {
  counts.events++;
  if (seen.has(transactionId)) counts.duplicates++;
  else {
    seen.set(transactionId, at);
    if (seen.size === target) send({ kind: "reached", at });
  }
}

const accepted = ({ transactionId }: Event) => ({ acknowledged: true, status: "processed", transactionId });

function answer(url: string | undefined, body: string): string | undefined {
  const at = now();
  if (url === "/v1/events/trigger") {
    const event = JSON.parse(body) as Event;
    counts.single++;
    note(event, at);
    return JSON.stringify({ data: accepted(event) });
  }
  if (url === "/v1/events/trigger/bulk") {
    const { events } = JSON.parse(body) as { events: Event[] };
    counts.bulk++;
    for (const event of events) note(event, at);
    return JSON.stringify({ data: events.map(accepted) });
  }
  return undefined;
}

function handle(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => void chunks.push(chunk));
  request.on("end", () => {
    const reply = answer(request.url, Buffer.concat(chunks).toString());
    response.writeHead(reply === undefined ? 404 : 201, { "content-type": "application/json" }).end(reply ?? "{}");
  });
}

process.on("message", (command: StubCommand) => {
  switch (command.kind) {
    case "expect":
      counts = { events: 0, duplicates: 0, single: 0, bulk: 0 };
      seen = new Map();
      target = command.events;
      return send({ kind: "expecting" });
    case "counts":
      return send({ kind: "counts", counts });
    case "times":
      return send({ kind: "times", times: [...seen] });
  }
});
// The parent is gone: so is the reason to be here.
process.on("disconnect", () => process.exit(0));

// Connections of a peer that pauses between two rounds stay open.
const server = createServer({ keepAliveTimeout: 120_000 }, handle).listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the stub listens on no port");
  send({ kind: "listening", port: address.port });
});
