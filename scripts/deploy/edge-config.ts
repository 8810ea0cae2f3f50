import type { Role } from "../image/container.ts";
import type { Slot } from "./journal.ts";
import { containerOf, edgeName } from "./names.ts";

// The edge is HAProxy with two places, a and b, behind each port. One is live; the next release is put into the other, which is opened before the
// first is closed. A running HAProxy is told by its runtime API, which touches no client's connection (a reload would close idle ones). The same
// is written into haproxy.cfg for the next start.

export interface Live {
  readonly release: number;
  readonly slot: Slot;
}

const ports: Readonly<Record<Role, number>> = { app: 4000, worker: 3001 };
export const otherSlot = (slot: Slot | undefined): Slot => (slot === "a" ? "b" : "a");

/** haproxy.cfg with one live release, or none: then every request gets 503. Pure. */
export const edgeConfig = (live: Live | undefined): string => `# Written by \`xnovu deploy\`: changes here are lost.
global
  log stdout format raw local0 notice
  maxconn 4096
  # Inside the container alone.
  stats socket ipv4@127.0.0.1:9999 level admin
  hard-stop-after 30s

# The engine's own name server: a container that starts again may have another address.
resolvers docker
  nameserver engine 127.0.0.11:53
  timeout resolve 1s
  timeout retry 1s
  hold valid 1s

defaults
  log global
  mode http
  # Clients keep their connections; one to a release ends with its answer, so that none is used while the release closes it.
  option http-server-close
  option forwardfor if-none
  option dontlognull
  retries 3
  timeout connect 2s
  timeout http-request 30s
  timeout http-keep-alive 75s
  timeout client 120s
  timeout server 120s
  default-server resolvers docker resolve-prefer ipv4 init-addr libc,none

${(["app", "worker"] as const).map((role) => section(role, live)).join("\n")}`;

function section(role: Role, live: Live | undefined): string {
  const server = (slot: Slot) =>
    live?.slot === slot
      ? `  server ${slot} ${containerOf(live.release, role)}:${ports[role]}`
      : `  server ${slot} ${edgeName}:${ports[role]} disabled`;
  return `frontend ${role}_port
  bind :${ports[role]}
  default_backend ${role}

backend ${role}
${server("a")}
${server("b")}
`;
}

const each = (line: (role: Role) => string): string[] => (["app", "worker"] as const).map(line);

/** Names the release in a place that is closed. Its address follows within a second or two. */
export const nameCommands = ({ release, slot }: Live): string[] =>
  each((role) => `set server ${role}/${slot} fqdn ${containerOf(release, role)}`);

/** Opens one place, then closes the other to new requests; those under way go on. */
export const switchCommands = (slot: Slot): string[] => [
  ...each((role) => `set server ${role}/${slot} state ready`),
  ...each((role) => `set server ${role}/${otherSlot(slot)} state drain`),
];

/** Empties a drained place: its name would be looked up for ever. */
export const restCommands = (slot: Slot): string[] => [
  ...each((role) => `set server ${role}/${slot} state maint`),
  ...each((role) => `set server ${role}/${slot} fqdn ${edgeName}`),
];

/** The address in a place, of `show servers state app`: columns `be_id be_name srv_id srv_name srv_addr …`. */
export function addressIn(shown: string, role: Role, slot: Slot): string | undefined {
  const row = shown.split("\n").map((line) => line.trim().split(/\s+/));
  return row.find(([, backend, , server]) => backend === role && server === slot)?.[4];
}

/** Requests under way in a place, of the CSV that `show stat` prints. */
export function requestsIn(stat: string, role: Role, slot: Slot): number {
  const [head = "", ...lines] = stat.split("\n");
  const column = head.replace(/^# /, "").split(",").indexOf("scur");
  const row = lines.map((line) => line.split(",")).find(([proxy, server]) => proxy === role && server === slot);
  return Number(row?.[column] ?? 0);
}
