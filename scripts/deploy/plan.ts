import type { Role } from "../image/container.ts";
import type { Step } from "../image/run.ts";
import {
  containerOf,
  edgeName,
  edgeVolume,
  imageOf,
  projectOf,
  releaseLabel,
  sessionName,
  stateVolume,
} from "./names.ts";

// Every command line of deploy, rollback and releases. Pure: nothing here runs anything. Which engine is meant says DOCKER_HOST.

const docker = (...args: string[]): Step => ({ argv: ["docker", ...args], env: {} });

/** Files and settings that compose reads on the machine where the command is given. */
export interface ComposeInputs {
  /** More compose files, over compose.yaml. */
  readonly files: readonly string[];
  readonly envFile: string | undefined;
}

export const composeFile = "compose.yaml";
/** What makes a release of compose.yaml: no ports of its own, and the network that all share. */
export const releaseFile = "deploy/compose/release.yaml";
export const edgeFile = "deploy/compose/edge.yaml";

function compose(
  project: string,
  files: readonly string[],
  inputs: ComposeInputs,
  env: Step["env"],
  args: string[],
): Step {
  return {
    argv: [
      "docker",
      "compose",
      "--project-name",
      project,
      "--project-directory",
      ".",
      ...files.flatMap((file) => ["--file", file]),
      ...(inputs.envFile === undefined ? [] : ["--env-file", inputs.envFile]),
      ...args,
    ],
    env,
  };
}

const ofRelease = (release: number, inputs: ComposeInputs, args: string[]): Step =>
  compose(
    projectOf(release),
    [composeFile, ...inputs.files, releaseFile],
    inputs,
    { XNOVU_IMAGE: imageOf(release), XNOVU_RELEASE: String(release) },
    args,
  );

// ---- the image

export const planPull = (reference: string): Step => docker("pull", "--quiet", reference);
export const planInspectImage = (reference: string): Step =>
  docker("image", "inspect", "--format", "{{json .}}", reference);
export const planTag = (image: string, release: number): Step => docker("tag", image, imageOf(release));
/** By name: the layers go with the last one. */
export const planRemoveImage = (name: string): Step => docker("image", "rm", name);
export const planImages = (): Step =>
  docker("image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}");
/** Any image of XNovu that is there: to look at the volumes with. */
export const planAnyImage = (): Step =>
  docker("image", "ls", "--quiet", "--filter", "label=org.opencontainers.image.title=xnovu");

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

// ---- a release

/** A program of the release's image with the settings of app and worker. */
export const planAsk = (release: number, inputs: ComposeInputs, words: readonly string[]): Step =>
  ofRelease(release, inputs, ["run", "--rm", "--no-deps", "--no-TTY", "migrate", "pnpm", "xnovu", ...words]);
export const planUp = (release: number, inputs: ComposeInputs): Step =>
  ofRelease(release, inputs, ["up", "--detach", "--no-deps", "--no-build", "--pull", "never", "app", "worker"]);
export const planStart = (release: number): Step =>
  docker("start", containerOf(release, "app"), containerOf(release, "worker"));
export const planInspect = (name: string): Step => docker("container", "inspect", "--format", "{{json .}}", name);
/** The container's own check, now and not at its interval. `test` as the image or compose.yaml has it. */
export const planCheck = (name: string, test: readonly string[]): Step =>
  docker("exec", name, ...(test[0] === "CMD-SHELL" ? ["sh", "-c", test[1] ?? ""] : test.slice(1)));
/** The image's own check, which says what is wrong where compose.yaml's is silent. */
export const planExplain = (name: string): Step => docker("exec", name, "node", "/app/bin/healthcheck.mjs");
export const planLogs = (name: string): Step => docker("logs", "--tail", "50", name);
/** Without --time: the container's own grace period holds. */
export const planStop = (names: readonly string[]): Step => docker("stop", ...names);
export const planRemove = (names: readonly string[]): Step => docker("rm", "--force", "--volumes", ...names);
export const planList = (): Step =>
  docker(
    "ps",
    "--all",
    "--filter",
    `label=${releaseLabel}`,
    "--format",
    `{{.Names}}\t{{.Label "${releaseLabel}"}}\t{{.State}}`,
  );

export const roleNames = (release: number): Readonly<Record<Role, string>> => ({
  app: containerOf(release, "app"),
  worker: containerOf(release, "worker"),
});
