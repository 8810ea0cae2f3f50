import { XnovuError } from "../../core/errors.ts";
import { faultOf } from "../image/buildx.ts";
import type { Role } from "../image/container.ts";
import {
  addressIn,
  edgeConfig,
  type Live,
  nameCommands,
  otherSlot,
  requestsIn,
  restCommands,
  switchCommands,
} from "./edge-config.ts";
import type { Slot } from "./journal.ts";
import { edgeName } from "./names.ts";
import { inspect } from "./pair.ts";
import { roleNames } from "./plan.ts";
import {
  planEdgeLogs,
  planEdgeSay,
  planEdgeState,
  planEdgeUp,
  planHasNetwork,
  planMakeNetwork,
  planPortHolders,
  planWriteEdge,
} from "./plan-server.ts";
import { ask, must, poll, type Server } from "./server.ts";

const roles = ["app", "worker"] as const;

/**
 * Starts the edge where it does not run yet, with what is live. Needs the session, which holds the volume.
 *
 * @throws XnovuError when something else holds its ports, or it does not start.
 */
export async function ensureEdge(server: Server, live: Live | undefined): Promise<void> {
  if (!(await ask(planHasNetwork(server.network), server)).ok) await must(planMakeNetwork(server.network), server);
  const state = await ask(planEdgeState(), server);
  if (state.stdout.trim() === "true") return;
  await requireFreePorts(server);
  await must(planWriteEdge(edgeConfig(live)), server);
  server.note("starting the edge, which holds the ports 4000 and 3001 from now on");
  const up = await ask(planEdgeUp(server.inputs), server);
  if (!up.ok) throw portFault(up.stderr) ?? faultOf("Starting the edge", up);
  if ((await poll(10_000, () => say(server, ["show version"]))) !== undefined) return;
  const logs = await ask(planEdgeLogs(), server);
  throw new XnovuError(`The edge does not answer. Its last lines:\n${logs.stdout}${logs.stderr}`);
}

/** A plain `docker compose up` holds the very ports. */
async function requireFreePorts(server: Server): Promise<void> {
  for (const [variable, port] of server.edgePorts) {
    const held = await must(planPortHolders(port), server);
    const [name, project] = held.split("\n")[0]?.split("\t") ?? [];
    if (!name || name === edgeName) continue;
    throw new XnovuError(
      `Port ${port} is held by the container ${name}${project ? ` of the compose project ${project}` : ""}`,
      {
        hint: project
          ? `From now on the edge holds the ports. Free them once: docker compose --project-name ${project} rm --stop --force app worker`
          : `Stop it, or give the edge another port: ${variable}`,
      },
    );
  }
}

function portFault(stderr: string): XnovuError | undefined {
  const port = /:(\d+)(?:: bind: address already in use| failed: port is already allocated)/.exec(stderr)?.[1];
  return port === undefined
    ? undefined
    : new XnovuError(`Port ${port} is in use on the server, by no container`, {
        hint: "Stop what holds it, or give the edge another one: XNOVU_EDGE_APP, XNOVU_EDGE_WORKER.",
      });
}

/** What the runtime API says; undefined when it does not answer. */
async function say(server: Server, commands: readonly string[]): Promise<string | undefined> {
  const ran = await ask(planEdgeSay(commands), server);
  return ran.ok ? ran.stdout : undefined;
}

/** @throws XnovuError for a command that it refuses. */
async function tell(server: Server, commands: readonly string[]): Promise<void> {
  const said = await say(server, commands);
  if (said === undefined)
    throw new XnovuError("The edge does not answer", { hint: `Look at it: docker logs ${edgeName}` });
  const refusal = said
    .split("\n")
    .find((line) => line.trim() !== "" && !/changed its FQDN|no need to change/i.test(line));
  if (refusal !== undefined) throw new XnovuError(`The edge refuses ${commands.join("; ")}: ${refusal.trim()}`);
}

/**
 * Sends all new requests to a release that is healthy, whatever got them before. Requests under way go on, clients keep their connections.
 * Doing it twice does no harm.
 */
export async function switchTo(server: Server, live: Live): Promise<void> {
  // First what the next start of the edge reads: whenever it dies, it comes back to one of the two that run.
  await must(planWriteEdge(edgeConfig(live)), server);
  await tell(server, nameCommands(live));
  for (const role of roles) await waitForAddress(server, live, role);
  await tell(server, switchCommands(live.slot));
}

async function waitForAddress(server: Server, { release, slot }: Live, role: Role): Promise<void> {
  const name = roleNames(release)[role];
  const addresses = Object.values((await inspect(name, server))?.addresses ?? {});
  const there = await poll(15_000, async () => {
    const shown = await say(server, [`show servers state ${role}`]);
    return addresses.includes((shown && addressIn(shown, role, slot)) ?? "") ? true : undefined;
  });
  if (there === undefined)
    throw new XnovuError(`The edge does not find the address of ${name} (${addresses.join(", ") || "it has none"})`);
}

/** Waits for the requests under way in the place that is not live, then empties it. False when some are left after the time. */
export async function emptyOther(server: Server, live: Slot, limitMs: number): Promise<boolean> {
  const slot = otherSlot(live);
  const done = await poll(limitMs, async () => {
    const stat = (await say(server, ["show stat"])) ?? "";
    return roles.every((role) => requestsIn(stat, role, slot) === 0) ? true : undefined;
  });
  await tell(server, restCommands(slot));
  return done === true;
}
