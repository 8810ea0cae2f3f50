import type { Role } from "../image/container.ts";
import type { Step } from "../image/run-step.ts";
import { containerOf, imageOf, projectOf, releaseLabel } from "./names.ts";

// Command lines for images and releases. server-plan.ts has those for what exists once per server. Pure: nothing here runs a command.
// DOCKER_HOST selects the engine.

export const docker = (...args: string[]): Step => ({ argv: ["docker", ...args], env: {} });

/** Files and settings that compose reads on the machine that runs the command. */
export interface ComposeInputs {
  /** Compose files laid over compose.yaml. */
  readonly files: readonly string[];
  readonly envFile: string | undefined;
}

export const composeFile = "compose.yaml";
/** Turns compose.yaml into a release: no published ports, and the shared network. */
const releaseFile = "deploy/compose/release.yaml";

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
/** Removes one name of an image. The layers go with its last name. */
export const planRemoveImage = (name: string): Step => docker("image", "rm", name);
export const planImages = (): Step =>
  docker("image", "ls", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}");
/** Lists images of XNovu: any of them can read the volumes. */
export const planAnyImage = (): Step =>
  docker("image", "ls", "--quiet", "--filter", "label=org.opencontainers.image.title=xnovu");

// ---- a release

/** Runs a program of the release's image with the settings of app and worker. */
export const planProgram = (release: number, inputs: ComposeInputs, words: readonly string[]): Step =>
  ofRelease(release, inputs, ["run", "--rm", "--no-deps", "--no-TTY", "migrate", "pnpm", "xnovu", ...words]);
export const planUp = (release: number, inputs: ComposeInputs): Step =>
  ofRelease(release, inputs, ["up", "--detach", "--no-deps", "--no-build", "--pull", "never", "app", "worker"]);
export const planStart = (release: number): Step =>
  docker("start", containerOf(release, "app"), containerOf(release, "worker"));
export const planInspect = (name: string): Step => docker("container", "inspect", "--format", "{{json .}}", name);
/** Runs the container's health check now instead of at its interval. `test` comes from the image or compose.yaml. */
export const planCheck = (name: string, test: readonly string[]): Step =>
  docker("exec", name, ...(test[0] === "CMD-SHELL" ? ["sh", "-c", test[1] ?? ""] : test.slice(1)));
/** Runs the image's own health check, which explains a failure; the one of compose.yaml prints nothing. */
export const planExplain = (name: string): Step => docker("exec", name, "node", "/app/bin/healthcheck.mjs");
export const planLogs = (name: string): Step => docker("logs", "--tail", "50", name);
/** Without --time, so that the container's own grace period applies. */
export const planStop = (names: readonly string[]): Step => docker("stop", ...names);
export const planRemove = (names: readonly string[]): Step => docker("rm", "--force", "--volumes", ...names);
/** Removes networks that an additional compose file made for the release. */
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
