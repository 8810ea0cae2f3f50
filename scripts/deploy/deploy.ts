import { UsageError, XnovuError } from "../../core/errors.ts";
import { faultOf, lastLine } from "../image/buildx.ts";
import { revisionLabel } from "../image/registry.ts";
import { askMigrations, examine, judgeMigrations, migrateWords } from "./checks.ts";
import { ensureEdge } from "./edge.ts";
import { type Action, drain, takeOver } from "./go-live.ts";
import { reasonOf } from "./journal.ts";
import { titleOf } from "./names.ts";
import { waitHealthy } from "./pair.ts";
import { planAsk, planInspectImage, planPull, planTag, planUp } from "./plan.ts";
import { prune, removeRelease } from "./prune.ts";
import { recover } from "./recover.ts";
import { nextId, type Releases } from "./releases.ts";
import { ask, must, type Server, uninterrupted } from "./server.ts";
import { openSession, type Session } from "./session.ts";

export interface DeployOptions {
  readonly reference: string;
  /** Whether to fetch it; the engine has it otherwise. */
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

/** Gives the number of the release that is live now. @throws XnovuError, with what was live before still serving. */
export async function deploy(options: DeployOptions, server: Server): Promise<number> {
  const image = await fetchImage(options, server);
  const session = await openSession(server, image.image, "deploy");
  try {
    const before = await recover(session, server);
    const release = nextId(before);
    const what = { action: "deploy", release, from: before.live?.id ?? null } as const;
    await session.write({ ...what, outcome: "started", reference: options.reference, ...image });
    const putAside = (error: unknown) => giveUp(session, server, what, error);
    try {
      await start(session, server, options, release, image.image, before);
    } catch (error) {
      await putAside(error);
      throw error;
    }
    await takeOver(session, server, what, before.live, putAside);
    await drain(session, server, what, before.live, options.drainMs);
    if (before.live === undefined)
      server.note("once, for Novu to find the app: pnpm xnovu sync --bridge-url https://<its address>/api/novu");
    await prune(session, uninterrupted(server), options.keep);
    return release;
  } finally {
    await session.close();
  }
}

async function fetchImage({ reference, pull }: DeployOptions, server: Server): Promise<Image> {
  if (pull) {
    server.note(`pulling ${reference}`);
    const pulled = await ask(planPull(reference), server);
    if (!pulled.ok)
      throw /not found|manifest unknown/i.test(pulled.stderr)
        ? new XnovuError(`The registry has no ${reference}`, {
            hint: "Push it: pnpm xnovu docker:push; or name another tag: --tag.",
          })
        : faultOf("docker pull", pulled);
  }
  const ran = await ask(planInspectImage(reference), server);
  if (!ran.ok && /no such image/i.test(ran.stderr))
    throw new UsageError(`The server's engine has no image ${reference}`, "Leave --no-pull out, or build it there.");
  if (!ran.ok) throw faultOf("docker image inspect", ran);
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

/** Everything up to a healthy pair beside the one that serves. */
async function start(
  session: Session,
  server: Server,
  options: DeployOptions,
  release: number,
  image: string,
  { live }: Releases,
): Promise<void> {
  const { note, inputs } = server;
  await must(planTag(image, release), server);
  await ensureEdge(server, live && { release: live.id, slot: live.slot });
  note(`${titleOf(release)}: checking settings and what it depends on`);
  await examine(release, server);
  const migrations = await askMigrations(release, server);
  const oldest = judgeMigrations(migrations, release, live?.id, options.allowDestructive);
  if (migrations.pending.length > 0) {
    note(`${titleOf(release)}: applying ${migrations.pending.join(", ")}`);
    // Before: killed in between, the schema may be further than the journal says.
    if (oldest !== undefined)
      await session.write({ action: "deploy", release, from: live?.id ?? null, outcome: "migrated", oldest });
    const migrated = await ask(planAsk(release, inputs, migrateWords), server);
    if (!migrated.ok) throw new XnovuError(`migrate up failed (exit ${migrated.code}): ${lastLine(migrated.stderr)}`);
  }
  note(`${titleOf(release)}: starting app and worker${live === undefined ? "" : ` beside ${titleOf(live.id)}`}`);
  await must(planUp(release, inputs), server, "docker compose up");
  await waitHealthy(release, options.healthMs, server);
}

/** Takes away what was started; what was live before goes on as if nothing had been. */
async function giveUp(session: Session, given: Server, what: Action, error: unknown): Promise<void> {
  const server = uninterrupted(given);
  if (what.from !== null) server.note(`${titleOf(what.from)} goes on serving; taking ${titleOf(what.release)} away`);
  await removeRelease(what.release, server);
  const interrupted = given.options.signal?.aborted === true;
  await session.write({
    ...what,
    outcome: interrupted ? "interrupted" : "failed",
    ...(interrupted ? {} : { reason: reasonOf(error) }),
  });
}
