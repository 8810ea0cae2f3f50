import type { Command } from "../cli/command.ts";

/** A command's words without its arguments, and how to load it. A call loads only the file of its own verb; help loads all. */
interface Entry {
  readonly words: string;
  readonly load: () => Promise<Command>;
}

/** Every command, in the order of --help. */
const entries: readonly Entry[] = [
  { words: "up", load: async () => (await import("./up.ts")).up },
  { words: "down", load: async () => (await import("./down.ts")).down },
  { words: "demo", load: async () => (await import("./demo.ts")).demo },
  { words: "send", load: async () => (await import("./send.ts")).send },
  { words: "list", load: async () => (await import("./list.ts")).list },
  { words: "show", load: async () => (await import("./show.ts")).show },
  { words: "retry", load: async () => (await import("./retry.ts")).retry },
  { words: "retract", load: async () => (await import("./retry.ts")).retract },
  { words: "sync", load: async () => (await import("./sync.ts")).sync },
  { words: "key create", load: async () => (await import("./key.ts")).keyCreate },
  { words: "key list", load: async () => (await import("./key.ts")).keyList },
  { words: "key revoke", load: async () => (await import("./key.ts")).keyRevoke },
  { words: "docker:tags", load: async () => (await import("./docker-tags.ts")).dockerTags },
  { words: "docker:build", load: async () => (await import("./docker-build.ts")).dockerBuild },
  { words: "docker:run", load: async () => (await import("./docker-run.ts")).dockerRun },
  { words: "docker:push", load: async () => (await import("./docker-push.ts")).dockerPush },
  { words: "docker:stop", load: async () => (await import("./docker-stop.ts")).dockerStop },
  { words: "deploy", load: async () => (await import("./deploy.ts")).deploy },
  { words: "rollback", load: async () => (await import("./rollback.ts")).rollback },
  { words: "releases", load: async () => (await import("./releases.ts")).releases },
  { words: "worker start", load: async () => (await import("./worker.ts")).workerStart },
  { words: "worker stop", load: async () => (await import("./worker.ts")).workerStop },
  { words: "worker status", load: async () => (await import("./worker.ts")).workerStatus },
  { words: "worker health", load: async () => (await import("./worker.ts")).workerHealth },
  { words: "worker restart", load: async () => (await import("./worker.ts")).workerRestart },
  { words: "doctor", load: async () => (await import("./doctor.ts")).doctor },
  { words: "retention", load: async () => (await import("./retention.ts")).retention },
  { words: "migrate up", load: async () => (await import("./migrate.ts")).migrateUp },
  { words: "migrate down", load: async () => (await import("./migrate.ts")).migrateDown },
  { words: "migrate status", load: async () => (await import("./migrate.ts")).migrateStatus },
  { words: "migrate create", load: async () => (await import("./migrate.ts")).migrateCreate },
];

/** Each command's words as typed: `["worker", "start"]`. */
export const verbs: readonly (readonly string[])[] = entries.map(({ words }) => words.split(" "));

/**
 * The commands to load for a command line: those that begin with its first word, or all of them when none does (help, a flag, a typo that
 * commander answers with a suggestion).
 */
export async function commandsFor(first: string | undefined): Promise<readonly Command[]> {
  const meant = entries.filter(({ words }) => words.split(" ")[0] === first);
  return await Promise.all((meant.length > 0 ? meant : entries).map(({ load }) => load()));
}
