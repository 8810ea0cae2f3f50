import { XnovuError } from "../../core/errors.ts";
import { type Ran, type RunOptions, run } from "./run-step.ts";

export type Program = readonly [string, ...string[]];

/** The buildx client as the Docker CLI's plugin. */
export const dockerBuildx: Program = ["docker", "buildx"];

const fail = (message: string, hint: string) => new XnovuError(message, { hint });

/**
 * The error of a failed Docker or buildx command, with a hint what to install or create. Undefined for an unknown failure.
 * Recognised by message text, because the clients use exit code 1 for everything.
 */
export function dockerError({ stderr, code }: Pick<Ran, "stderr" | "code">): XnovuError | undefined {
  if (code === 127 || /docker: (command )?not found/.test(stderr))
    return fail(
      "Docker is not installed",
      "Install Docker Engine or Docker Desktop: https://docs.docker.com/engine/install",
    );
  if (/'buildx' is not a docker command|unknown (shorthand )?flag: .*-f|unknown command: docker buildx/.test(stderr))
    return fail(
      "Docker has no buildx",
      "Install it: https://docs.docker.com/build/install-buildx (Debian: docker-buildx-plugin)",
    );
  const builder = /no builder "?([^"\s]+)"? found/.exec(stderr)?.[1];
  if (builder !== undefined)
    return fail(
      `There is no builder ${builder}`,
      `Create it: docker buildx create --name ${builder} --driver docker-container`,
    );
  if (
    /(Cannot connect to the Docker daemon|failed to connect to the docker API|error during connect|docker daemon is not running)/i.test(
      stderr,
    )
  )
    return fail(
      "No Docker engine responds",
      "Start Docker, or choose an engine with DOCKER_HOST or `docker context use`.",
    );
  if (/permission denied.*docker.*sock/i.test(stderr))
    return fail(
      "This user may not talk to the Docker engine",
      "Add it to the docker group, or use the rootless engine.",
    );
  if (
    /(multi-platform build|OCI exporter|docker exporter|[Aa]ttestations?|Cache export|annotations?) .*not supported/i.test(
      stderr,
    )
  )
    return fail(
      "The selected builder cannot do this: the engine's default builder builds only one platform, and only into the engine",
      createBuilder,
    );
  if (
    /exec format error|no match for platform|does not match the specified platform|platform .* not (found|supported)/i.test(
      stderr,
    )
  )
    return fail(
      `The builder or the base image does not support a requested platform: ${lastLine(stderr)}`,
      createBuilder,
    );
  return undefined;
}

const createBuilder = "Create one that can: docker buildx create --name xnovu --driver docker-container --use";

export const lastLine = (text: string): string => text.trim().split("\n").at(-1)?.trim() ?? "";

/** The error of a failed command: a known one with a hint, or one with its last line. */
export const commandError = (what: string, ran: Ran): XnovuError =>
  dockerError(ran) ?? new XnovuError(`${what} failed (exit ${ran.code}): ${lastLine(ran.stderr) || "no reason given"}`);

/** Contacts no engine. @throws XnovuError when the Docker client or its buildx plugin is missing. */
export async function requireBuildx(options: RunOptions): Promise<void> {
  const ran = await run({ argv: [...dockerBuildx, "version"], env: {} }, options);
  if (!ran.ok) throw commandError("docker buildx version", ran);
}
