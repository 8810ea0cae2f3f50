import type { Step } from "../image/run-step.ts";
import { lockName, proxyName, proxyVolume, releaseLabel, stateVolume } from "./names.ts";
import { type ComposeInputs, compose, docker } from "./release-plan.ts";

// Command lines for what exists once per server: the lock with its volumes, the network, the proxy. Pure.

const proxyFile = "deploy/compose/proxy.yaml";

// ---- the lock, with access to the volumes

const bare = ["--network", "none", "--read-only", "--cap-drop", "ALL", "--user", "0:0"];

/** The container ends with its standard input, so the lock never outlives the command that holds it, even when that is killed. */
export const planLock = (image: string, by: string, action: string): Step =>
  docker(
    "run",
    "--rm",
    "--interactive",
    "--name",
    lockName,
    "--label",
    `xnovu.by=${by}`,
    "--label",
    `xnovu.action=${action}`,
    ...bare,
    "--no-healthcheck",
    "--volume",
    `${stateVolume}:/state`,
    "--volume",
    `${proxyVolume}:/proxy`,
    image,
    "sh",
    "-c",
    "echo ready; exec cat",
  );
export const planHolder = (): Step =>
  docker(
    "container",
    "inspect",
    "--format",
    '{{index .Config.Labels "xnovu.by"}}\t{{index .Config.Labels "xnovu.action"}}\t{{.Created}}',
    lockName,
  );

const auditFile = "/state/audit-log.jsonl";
const readScript = `[ ! -e ${auditFile} ] || cat ${auditFile}`;
const inLock = (...args: string[]): Step => docker("exec", lockName, ...args);
export const planReadAudit = (): Step => inLock("sh", "-c", readScript);
export const planAppendAudit = (line: string): Step =>
  inLock("sh", "-c", `printf '%s\\n' "$1" >> ${auditFile}`, "sh", line);
/** Replaced by a rename, because the proxy may read the file at any moment. */
export const planWriteProxyConfig = (config: string): Step =>
  inLock("sh", "-c", `printf '%s' "$1" > /proxy/new && mv /proxy/new /proxy/haproxy.cfg`, "sh", config);
export const planHasVolume = (): Step => docker("volume", "inspect", "--format", "{{.Name}}", stateVolume);
/** Reads the audit log without the lock. */
export const planPeek = (image: string): Step =>
  docker("run", "--rm", ...bare, "--volume", `${stateVolume}:/state:ro`, image, "sh", "-c", readScript);

// ---- the network and the proxy

export const planHasNetwork = (network: string): Step => docker("network", "inspect", "--format", "{{.Id}}", network);
export const planMakeNetwork = (network: string): Step =>
  docker("network", "create", "--label", `${releaseLabel}=all`, network);
/** Only for a proxy that does not run: recreating a running one would cut off its clients. */
export const planProxyUp = (inputs: ComposeInputs): Step =>
  compose(proxyName, [proxyFile], inputs, {}, ["up", "--detach"]);
export const planProxyState = (): Step => docker("container", "inspect", "--format", "{{.State.Running}}", proxyName);
export const planProxyLogs = (): Step => docker("logs", "--tail", "20", proxyName);
/** Lists containers that publish a port of the server. */
export const planPortHolders = (port: number): Step =>
  docker("ps", "--filter", `publish=${port}`, "--format", '{{.Names}}\t{{.Label "com.docker.compose.project"}}');
/** Sends commands to HAProxy's runtime API. bash is the only client in its image. */
export const planProxyCommands = (commands: readonly string[]): Step =>
  docker(
    "exec",
    proxyName,
    "bash",
    "-c",
    'exec 3<>/dev/tcp/127.0.0.1/9999; printf "%s\\n" "$1" >&3; cat <&3',
    "bash",
    commands.join("; "),
  );
