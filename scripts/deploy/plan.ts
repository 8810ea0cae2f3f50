import type { Role } from "../image/container.ts";
import type { Step } from "../image/run.ts";
import { containerOf, imageOf, projectOf, releaseLabel } from "./names.ts";

// The command lines that handle images and releases; plan-server.ts has those for what a server has once. Pure: nothing here runs anything.
// Which engine is meant says DOCKER_HOST.

export const docker = (...args: string[]): Step => ({ argv: ["docker", ...args], env: {} });

/** Files and settings that compose reads on the machine where the command is given. */
export interface ComposeInputs {
  /** More compose files, over compose.yaml. */
  readonly files: readonly string[];
  readonly envFile: string | undefined;
}

export const composeFile = "compose.yaml";
/** What makes a release of compose.yaml: no ports of its own, and the network that all share. */
export const releaseFile = "deploy/compose/release.yaml";

export function compose(
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
/** Those that a compose file of one's own made for the release. */
export const planPruneNetworks = (release: number): Step =>
  docker("network", "prune", "--force", "--filter", `label=com.docker.compose.project=${projectOf(release)}`);
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
