import type { Settings } from "../../core/config/variables.ts";
import type { Fault } from "./ask.ts";
import type { Finding } from "./finding.ts";
import { type TemporalFacts, tlsOf } from "./temporal-ask.ts";

type TemporalSettings = Settings["temporal"];

// gRPC status codes, https://grpc.io/docs/guides/status-codes/
const notFound = 5;
const refused = [7, 16];
/** Milliseconds: a poll lasts up to a minute, so a worker that lives was seen within a little more. */
const freshMs = 75_000;

export function judgeTemporal(facts: TemporalFacts, settings: TemporalSettings, nowMs: number): Finding[] {
  const { server, namespace, pollers } = facts;
  const { address, namespace: name, taskQueue } = settings;
  const findings: Finding[] = [
    server.ok
      ? { check: "temporal", state: "ok", ms: server.ms, found: `version ${server.value} at ${address}` }
      : { check: "temporal", state: "down", ms: server.ms, ...serverFault(server.fault, settings) },
  ];
  const credentials = !namespace.ok && refused.includes(Number(namespace.fault.code));
  if (!server.ok && !credentials)
    return [
      ...findings,
      unknown("temporal namespace", "Temporal does not answer"),
      unknown("temporal task queue", "Temporal does not answer"),
    ];
  findings.push(namespaceFinding(namespace, settings));
  if (!namespace.ok) return [...findings, unknown("temporal task queue", `namespace "${name}" cannot be used`)];
  if (!pollers.ok)
    return [
      ...findings,
      {
        check: "temporal task queue",
        state: "down",
        ms: pollers.ms,
        found: pollers.fault.message,
        todo: "see Temporal's log",
      },
    ];
  const fresh = pollers.value.filter(({ at }) => nowMs - Date.parse(at) < freshMs);
  const workers = [...new Set(fresh.map(({ identity }) => identity))].sort();
  const last = pollers.value
    .map(({ at }) => at)
    .sort()
    .at(-1);
  findings.push(
    workers.length > 0
      ? {
          check: "temporal task queue",
          state: "ok",
          ms: pollers.ms,
          found: `${taskQueue}: polled by ${workers.join(", ")}`,
        }
      : {
          check: "temporal task queue",
          state: "down",
          ms: pollers.ms,
          ...(last === undefined ? {} : { since: last }),
          found: `no worker polls ${taskQueue}`,
          todo: "start one with `pnpm xnovu worker start`, with the same TEMPORAL_TASK_QUEUE",
        },
  );
  return findings;
}

const unknown = (check: string, found: string): Finding => ({ check, state: "unknown", found });

function namespaceFinding(asked: TemporalFacts["namespace"], { namespace: name, address }: TemporalSettings): Finding {
  const check = "temporal namespace";
  if (asked.ok)
    return asked.value === "registered"
      ? { check, state: "ok", ms: asked.ms, found: name }
      : {
          check,
          state: "down",
          ms: asked.ms,
          found: `"${name}" is being deleted`,
          todo: "set TEMPORAL_NAMESPACE to one that stays",
        };
  const { code, message } = asked.fault;
  if (code === notFound)
    return {
      check,
      state: "down",
      ms: asked.ms,
      found: `Temporal at ${address} has no namespace "${name}"`,
      todo: `create it (temporal operator namespace create -n ${name}) or set TEMPORAL_NAMESPACE`,
    };
  return refused.includes(Number(code))
    ? { check, state: "down", ms: asked.ms, found: `the credentials are refused: ${message}`, todo: credentialsTodo }
    : { check, state: "down", ms: asked.ms, found: message, todo: "see Temporal's log" };
}

const credentialsTodo =
  "check TEMPORAL_API_KEY, or TEMPORAL_TLS_CERT and TEMPORAL_TLS_KEY, and that they may use this namespace";

function serverFault({ code, message }: Fault, settings: TemporalSettings): Pick<Finding, "found" | "todo"> {
  if (refused.includes(Number(code)))
    return { found: `${settings.address} refuses the credentials: ${message}`, todo: credentialsTodo };
  const tls = !tlsOf(settings)
    ? "without TLS; a server that wants it needs TEMPORAL_TLS=true"
    : "by TLS; a server without it needs TEMPORAL_TLS=false";
  return {
    found: `${settings.address} cannot be reached: ${message}`,
    todo: `is it up, and is TEMPORAL_ADDRESS right? It was asked ${tls}`,
  };
}
