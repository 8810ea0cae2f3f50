import type { Step } from "../image/run.ts";
import { edgeName, edgeVolume, releaseLabel, sessionName, stateVolume } from "./names.ts";
import { type ComposeInputs, compose, docker } from "./plan.ts";

// The command lines for what a server has once: the lock with its volumes, the network, the edge. Pure.

const edgeFile = "deploy/compose/edge.yaml";

// ---- the session: lock and volumes

const bare = ["--network", "none", "--read-only", "--cap-drop", "ALL", "--user", "0:0"];

/** Ends with its standard input, so that a lock never outlives the command that holds it, killed or not. */
export const planSession = (image: string, by: string, action: string): Step =>
  docker(
    "run",
    "--rm",
    "--interactive",
    "--name",
    sessionName,
    "--label",
    `xnovu.by=${by}`,
    "--label",
    `xnovu.action=${action}`,
    ...bare,
    "--no-healthcheck",
    "--volume",
    `${stateVolume}:/state`,
    "--volume",
    `${edgeVolume}:/edge`,
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
    sessionName,
  );

const journalFile = "/state/journal.jsonl";
const readScript = `[ ! -e ${journalFile} ] || cat ${journalFile}`;
const inSession = (...args: string[]): Step => docker("exec", sessionName, ...args);
export const planReadJournal = (): Step => inSession("sh", "-c", readScript);
export const planAppendJournal = (line: string): Step =>
  inSession("sh", "-c", `printf '%s\\n' "$1" >> ${journalFile}`, "sh", line);
/** By a rename: the edge may start at any moment. */
export const planWriteEdge = (config: string): Step =>
  inSession("sh", "-c", `printf '%s' "$1" > /edge/new && mv /edge/new /edge/haproxy.cfg`, "sh", config);
export const planHasVolume = (): Step => docker("volume", "inspect", "--format", "{{.Name}}", stateVolume);
/** Without the lock: for those that only look. */
export const planPeek = (image: string): Step =>
  docker("run", "--rm", ...bare, "--volume", `${stateVolume}:/state:ro`, image, "sh", "-c", readScript);

// ---- the network and the edge

export const planHasNetwork = (network: string): Step => docker("network", "inspect", "--format", "{{.Id}}", network);
export const planMakeNetwork = (network: string): Step =>
  docker("network", "create", "--label", `${releaseLabel}=all`, network);
/** Only where it does not run: made anew, it would cut its clients off. */
export const planEdgeUp = (inputs: ComposeInputs): Step =>
  compose(edgeName, [edgeFile], inputs, {}, ["up", "--detach"]);
export const planEdgeState = (): Step => docker("container", "inspect", "--format", "{{.State.Running}}", edgeName);
export const planEdgeLogs = (): Step => docker("logs", "--tail", "20", edgeName);
/** Containers that hold a port of this machine. */
export const planPortHolders = (port: number): Step =>
  docker("ps", "--filter", `publish=${port}`, "--format", '{{.Names}}\t{{.Label "com.docker.compose.project"}}');
/** HAProxy's runtime API. Its image has no other client than bash. */
export const planEdgeSay = (commands: readonly string[]): Step =>
  docker(
    "exec",
    edgeName,
    "bash",
    "-c",
    'exec 3<>/dev/tcp/127.0.0.1/9999; printf "%s\\n" "$1" >&3; cat <&3',
    "bash",
    commands.join("; "),
  );
