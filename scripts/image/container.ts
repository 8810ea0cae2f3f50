import type { Step } from "./run-step.ts";
export const roles = ["app", "worker"] as const;
export type Role = (typeof roles)[number];

const roleLabel = "xnovu.role";
/** Seconds between SIGTERM and SIGKILL. The worker drains for up to 25 s (XNOVU_SHUTDOWN_TIMEOUT_MS). */
const stopSeconds = 40;
const ports: Readonly<Record<Role, number>> = { app: 4000, worker: 3001 };
export const nameOf = (role: Role): string => (role === "app" ? "xnovu" : "xnovu-worker");
export const healthUrl = (role: Role, published: string): string =>
  `http://localhost:${hostPort(published)}${role === "app" ? "/api/health" : "/health"}`;

/** `4000` of `4000:4000` and of `127.0.0.1:4000:4000`. */
const hostPort = (published: string): string => published.split(":").at(-2) ?? published;

export interface RunPlan {
  readonly role: Role;
  readonly image: string;
  readonly detach: boolean;
  /** HOST:CONTAINER in Docker's notation. When empty, the role's own port on both sides. */
  readonly publish: readonly string[];
  readonly envFile: string | undefined;
  readonly network: string | undefined;
  /** Names of settings that are passed from the environment. */
  readonly settings: readonly string[];
}

export const defaultPublish = (role: Role): string => `${ports[role]}:${ports[role]}`;

/** `docker run`. It contains only the names of settings: Docker takes the values from its environment. Pure. */
export function planRun(plan: RunPlan): Step {
  const { role, image, detach, envFile, network } = plan;
  const publish = plan.publish.length > 0 ? plan.publish : [defaultPublish(role)];
  return {
    argv: [
      "docker",
      "run",
      ...(detach ? ["--detach"] : ["--rm"]),
      "--name",
      nameOf(role),
      "--label",
      `${roleLabel}=${role}`,
      "--stop-timeout",
      String(stopSeconds),
      "--init=false",
      // Makes host.docker.internal work on Linux too.
      "--add-host",
      "host.docker.internal:host-gateway",
      ...(network === undefined ? [] : ["--network", network]),
      ...publish.flatMap((port) => ["--publish", port]),
      ...plan.settings.flatMap((name) => ["--env", name]),
      ...(envFile === undefined ? [] : ["--env-file", envFile]),
      image,
      ...(role === "worker" ? ["pnpm", "xnovu", "worker", "start"] : []),
    ],
    env: {},
  };
}

const docker = (...args: string[]): Step => ({ argv: ["docker", ...args], env: {} });
export const planInspect = (role: Role): Step => docker("container", "inspect", "--format", "{{json .}}", nameOf(role));
export const planImageInspect = (image: string): Step => docker("image", "inspect", "--format", "{{.Id}}", image);
export const planLogs = (role: Role): Step => docker("logs", "--tail", "50", nameOf(role));
/** Without --time, so that the container's own stop timeout applies. */
export const planStop = (name: string): Step => docker("stop", name);
export const planRemove = (name: string): Step => docker("rm", "--force", "--volumes", name);
export const planList = (): Step =>
  docker("ps", "--all", "--filter", `label=${roleLabel}`, "--format", "{{.Names}}\t{{.State}}");
