import { type Role, roles } from "../image/container.ts";
import type { Slot } from "./audit-log.ts";
import { containerOf, proxyName } from "./names.ts";

// The proxy is HAProxy with two slots, a and b, for each port. One slot is live. A deploy puts the next release into the other slot, opens that one
// and then closes the first. Changes to a running HAProxy go through its runtime API, which keeps client connections (a reload would close idle
// ones). The same state is written to haproxy.cfg for the next start.

export interface Live {
  readonly release: number;
  readonly slot: Slot;
}

const ports: Readonly<Record<Role, number>> = { app: 4000, worker: 3001 };
export const otherSlot = (slot: Slot | undefined): Slot => (slot === "a" ? "b" : "a");

/** haproxy.cfg with one live release. Without one every request gets a 503. Pure. */
export const proxyConfig = (
  live: Live | undefined,
): string => `# Written by \`xnovu deploy\`. Do not edit: the next deploy overwrites it.
global
  log stdout format raw local0 notice
  maxconn 4096
  # Reachable only inside the container.
  stats socket ipv4@127.0.0.1:9999 level admin
  hard-stop-after 30s

# The engine's DNS server. A restarted container may have another address.
resolvers docker
  nameserver engine 127.0.0.11:53
  timeout resolve 1s
  timeout retry 1s
  hold valid 1s

defaults
  log global
  mode http
  # Client connections stay open. A connection to a release ends with its response, so HAProxy never reuses one that the release is closing.
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

${roles.map((role) => section(role, live)).join("\n")}`;

function section(role: Role, live: Live | undefined): string {
  const server = (slot: Slot) =>
    live?.slot === slot
      ? `  server ${slot} ${containerOf(live.release, role)}:${ports[role]}`
      : `  server ${slot} ${proxyName}:${ports[role]} disabled`;
  return `frontend ${role}_port
  bind :${ports[role]}
  default_backend ${role}

backend ${role}
${server("a")}
${server("b")}
`;
}

const each = (line: (role: Role) => string): string[] => roles.map(line);

/** Points a closed slot at a release. HAProxy resolves its address within a second or two. */
export const pointCommands = ({ release, slot }: Live): string[] =>
  each((role) => `set server ${role}/${slot} fqdn ${containerOf(release, role)}`);

/** Opens one slot, then closes the other to new requests. Requests in progress continue. */
export const switchCommands = (slot: Slot): string[] => [
  ...each((role) => `set server ${role}/${slot} state ready`),
  ...each((role) => `set server ${role}/${otherSlot(slot)} state drain`),
];

/** Disables a drained slot and points it at the proxy itself, so that HAProxy stops resolving a removed release. */
export const disableCommands = (slot: Slot): string[] => [
  ...each((role) => `set server ${role}/${slot} state maint`),
  ...each((role) => `set server ${role}/${slot} fqdn ${proxyName}`),
];

/** The address of a slot, read from `show servers state app`. Columns: `be_id be_name srv_id srv_name srv_addr …`. */
export function addressIn(shown: string, role: Role, slot: Slot): string | undefined {
  const row = shown.split("\n").map((line) => line.trim().split(/\s+/));
  return row.find(([, backend, , server]) => backend === role && server === slot)?.[4];
}

/** Requests in progress in a slot, read from the CSV of `show stat`. */
export function requestsIn(stat: string, role: Role, slot: Slot): number {
  const [head = "", ...lines] = stat.split("\n");
  const column = head.replace(/^# /, "").split(",").indexOf("scur");
  const row = lines.map((line) => line.split(",")).find(([proxy, server]) => proxy === role && server === slot);
  return Number(row?.[column] ?? 0);
}
