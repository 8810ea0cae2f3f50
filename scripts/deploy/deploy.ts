import { UsageError, XnovuError } from "../../core/errors.ts";
import { commandError, lastLine } from "../image/buildx.ts";
import { revisionLabel } from "../image/registry.ts";
import { reasonOf } from "./audit-log.ts";
import { checkDependencies, judgeMigrations, migrateCommand, readMigrations } from "./checks.ts";
import { waitHealthy } from "./containers.ts";
import { type Action, drain, takeOver } from "./go-live.ts";
import { titleOf } from "./names.ts";
import { ensureProxy } from "./proxy.ts";
import { prune, removeRelease } from "./prune.ts";
import { recover } from "./recover.ts";
import { planInspectImage, planProgram, planPull, planTag, planUp } from "./release-plan.ts";
import { nextId, type Releases } from "./releases.ts";
import { mustRun, runOn, type Server, uninterrupted } from "./server.ts";
import { type ServerLock, takeLock } from "./server-lock.ts";

export interface DeployOptions {
  readonly reference: string;
  /** False when the engine already has the image. */
  readonly pull: boolean;
  readonly healthMs: number;
  readonly drainMs: number;
  readonly keep: number;
  readonly allowDestructive: boolean;
}

interface Image {
  readonly image: string;
  readonly digest?: string;
  readonly revision?: string;
}

/** Returns the number of the new live release. @throws XnovuError; the release that was live before keeps serving. */
export async function deploy(options: DeployOptions, server: Server): Promise<number> {
  const image = await fetchImage(options, server);
  const lock = await takeLock(server, image.image, "deploy");
  try {
    const before = await recover(lock, server);
    const release = nextId(before);
    const what = { action: "deploy", release, from: before.live?.id ?? null } as const;
    await lock.write({ ...what, outcome: "started", reference: options.reference, ...image });
    const undo = (error: unknown) => removeFailed(lock, server, what, error);
    try {
      await start(lock, server, options, release, image.image, before);
    } catch (error) {
      await undo(error);
      throw error;
    }
    await takeOver(lock, server, what, before.live, undo);
    await drain(lock, server, what, before.live, options.drainMs);
    if (before.live === undefined)
      server.note(
        "first deploy: register the bridge with Novu once: pnpm xnovu sync --bridge-url https://<app address>/api/novu",
      );
    await prune(lock, uninterrupted(server), options.keep);
    return release;
  } finally {
    await lock.close();
  }
}

async function fetchImage({ reference, pull }: DeployOptions, server: Server): Promise<Image> {
  if (pull) {
    server.note(`pulling ${reference}`);
    const pulled = await runOn(planPull(reference), server);
    if (!pulled.ok)
      throw /not found|manifest unknown/i.test(pulled.stderr)
        ? new XnovuError(`The registry has no ${reference}`, {
            hint: "Push it with `pnpm xnovu docker:push`, or choose another tag with --tag.",
          })
        : commandError("docker pull", pulled);
  }
  const ran = await runOn(planInspectImage(reference), server);
  if (!ran.ok && /no such image/i.test(ran.stderr))
    throw new UsageError(`The server's engine has no image ${reference}`, "Omit --no-pull, or build the image there.");
  if (!ran.ok) throw commandError("docker image inspect", ran);
  const found = JSON.parse(ran.stdout) as {
    Id: string;
    RepoDigests?: readonly string[];
    Config: { Labels?: Readonly<Record<string, string>> | null };
  };
  const digest = found.RepoDigests?.map((one) => one.split("@")[1]).find(Boolean);
  const revision = found.Config.Labels?.[revisionLabel];
  return {
    image: found.Id,
    ...(digest === undefined ? {} : { digest }),
    ...(revision === undefined ? {} : { revision }),
  };
}

/** Starts the release beside the live one and waits until it is healthy. */
async function start(
  lock: ServerLock,
  server: Server,
  options: DeployOptions,
  release: number,
  image: string,
  { live }: Releases,
): Promise<void> {
  const { note, inputs } = server;
  await mustRun(planTag(image, release), server);
  await ensureProxy(server, live && { release: live.id, slot: live.slot });
  note(`${titleOf(release)}: checking settings and dependencies`);
  await checkDependencies(release, server);
  const migrations = await readMigrations(release, server);
  const oldest = judgeMigrations(migrations, release, live?.id, options.allowDestructive);
  if (migrations.pending.length > 0) {
    note(`${titleOf(release)}: applying ${migrations.pending.join(", ")}`);
    // Written first: if the command is killed in between, the audit log must not lag behind the schema.
    if (oldest !== undefined)
      await lock.write({ action: "deploy", release, from: live?.id ?? null, outcome: "migrated", oldest });
    const migrated = await runOn(planProgram(release, inputs, migrateCommand), server);
    if (!migrated.ok) throw new XnovuError(`migrate up failed (exit ${migrated.code}): ${lastLine(migrated.stderr)}`);
  }
  note(`${titleOf(release)}: starting app and worker${live === undefined ? "" : ` beside ${titleOf(live.id)}`}`);
  await mustRun(planUp(release, inputs), server, "docker compose up");
  await waitHealthy(release, options.healthMs, server);
}

/** Removes a release that failed to start. The live release is not touched. */
async function removeFailed(lock: ServerLock, given: Server, what: Action, error: unknown): Promise<void> {
  const server = uninterrupted(given);
  if (what.from !== null) server.note(`${titleOf(what.from)} keeps serving; removing ${titleOf(what.release)}`);
  await removeRelease(what.release, server);
  const interrupted = given.options.signal?.aborted === true;
  await lock.write({
    ...what,
    outcome: interrupted ? "interrupted" : "failed",
    ...(interrupted ? {} : { reason: reasonOf(error) }),
  });
}
