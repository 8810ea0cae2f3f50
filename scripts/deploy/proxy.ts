import { XnovuError } from "../../core/errors.ts";
import { commandError } from "../image/buildx.ts";
import { type Role, roles } from "../image/container.ts";
import type { Slot } from "./audit-log.ts";
import { inspect } from "./containers.ts";
import { proxyName } from "./names.ts";
import {
  addressIn,
  disableCommands,
  type Live,
  otherSlot,
  pointCommands,
  proxyConfig,
  requestsIn,
  switchCommands,
} from "./proxy-config.ts";
import { roleNames } from "./release-plan.ts";
import { mustRun, poll, runOn, type Server } from "./server.ts";
import {
  planHasNetwork,
  planMakeNetwork,
  planPortHolders,
  planProxyCommands,
  planProxyLogs,
  planProxyState,
  planProxyUp,
  planWriteProxyConfig,
} from "./server-plan.ts";

/**
 * Starts the proxy for the live release unless it runs already. Needs the lock, whose container mounts the proxy's volume.
 *
 * @throws XnovuError when its ports are in use, or it does not start.
 */
export async function ensureProxy(server: Server, live: Live | undefined): Promise<void> {
  if (!(await runOn(planHasNetwork(server.network), server)).ok) await mustRun(planMakeNetwork(server.network), server);
  const state = await runOn(planProxyState(), server);
  if (state.stdout.trim() === "true") return;
  await requireFreePorts(server);
  await mustRun(planWriteProxyConfig(proxyConfig(live)), server);
  server.note("starting the proxy; from now on it holds ports 4000 and 3001");
  const up = await runOn(planProxyUp(server.inputs), server);
  if (!up.ok) throw portError(up.stderr) ?? commandError("Starting the proxy", up);
  if ((await poll(10_000, () => sendCommands(server, ["show version"]))) !== undefined) return;
  const logs = await runOn(planProxyLogs(), server);
  throw new XnovuError(`The proxy does not respond. Its last log lines:\n${logs.stdout}${logs.stderr}`);
}

/** Checked because a plain `docker compose up` uses the same ports. */
async function requireFreePorts(server: Server): Promise<void> {
  for (const [variable, port] of server.proxyPorts) {
    const held = await mustRun(planPortHolders(port), server);
    const [name, project] = held.split("\n")[0]?.split("\t") ?? [];
    if (!name || name === proxyName) continue;
    throw new XnovuError(
      `Port ${port} is held by the container ${name}${project ? ` of the compose project ${project}` : ""}`,
      {
        hint: project
          ? `The proxy needs these ports. Free them once: docker compose --project-name ${project} rm --stop --force app worker`
          : `Stop that container, or set another port for the proxy in ${variable}.`,
      },
    );
  }
}

function portError(stderr: string): XnovuError | undefined {
  const port = /:(\d+)(?:: bind: address already in use| failed: port is already allocated)/.exec(stderr)?.[1];
  return port === undefined
    ? undefined
    : new XnovuError(`Port ${port} is in use on the server by a process outside Docker`, {
        hint: "Stop that process, or set other ports for the proxy: XNOVU_PROXY_APP, XNOVU_PROXY_WORKER.",
      });
}

/** The output of HAProxy's runtime API, or undefined when it does not respond. */
async function sendCommands(server: Server, commands: readonly string[]): Promise<string | undefined> {
  const ran = await runOn(planProxyCommands(commands), server);
  return ran.ok ? ran.stdout : undefined;
}

/** Runs commands that change the proxy. @throws XnovuError for a command that it refuses. */
async function applyCommands(server: Server, commands: readonly string[]): Promise<void> {
  const output = await sendCommands(server, commands);
  if (output === undefined)
    throw new XnovuError("The proxy does not respond", { hint: `Look at its log: docker logs ${proxyName}` });
  const refusal = output
    .split("\n")
    .find((line) => line.trim() !== "" && !/changed its FQDN|no need to change/i.test(line));
  if (refusal !== undefined) throw new XnovuError(`The proxy refused ${commands.join("; ")}: ${refusal.trim()}`);
}

/**
 * Routes all new requests to a healthy release. Requests in progress continue and clients keep their connections. Idempotent.
 */
export async function switchTo(server: Server, live: Live): Promise<void> {
  // The file first: if the proxy dies at any point, it restarts with one of the two running releases.
  await mustRun(planWriteProxyConfig(proxyConfig(live)), server);
  await applyCommands(server, pointCommands(live));
  for (const role of roles) await waitForAddress(server, live, role);
  await applyCommands(server, switchCommands(live.slot));
}

async function waitForAddress(server: Server, { release, slot }: Live, role: Role): Promise<void> {
  const name = roleNames(release)[role];
  const addresses = Object.values((await inspect(name, server))?.addresses ?? {});
  const there = await poll(15_000, async () => {
    const shown = await sendCommands(server, [`show servers state ${role}`]);
    return addresses.includes((shown && addressIn(shown, role, slot)) ?? "") ? true : undefined;
  });
  if (there === undefined)
    throw new XnovuError(`The proxy cannot resolve the address of ${name} (${addresses.join(", ") || "it has none"})`);
}

/** Waits for requests in progress in the slot that is not live, then disables it. False when some are left after the time limit. */
export async function emptyOther(server: Server, live: Slot, limitMs: number): Promise<boolean> {
  const slot = otherSlot(live);
  const done = await poll(limitMs, async () => {
    const stat = (await sendCommands(server, ["show stat"])) ?? "";
    return roles.every((role) => requestsIn(stat, role, slot) === 0) ? true : undefined;
  });
  await applyCommands(server, disableCommands(slot));
  return done === true;
}
