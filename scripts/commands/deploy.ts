import { UsageError } from "../../core/errors.ts";
import { type Command, type Context, type Flags, isSet, text } from "../cli/command.ts";
import { count } from "../cli/input.ts";
import { drainFlag, envFileFlag, hostFlag, seconds, serverFor, timeoutFlag } from "../deploy/flags.ts";

export const deploy: Command = {
  name: "deploy",
  summary: "deploy a release to a server without losing a request or a notification",
  examples: [
    ["deploy", "the pushed image of this commit, to this machine's Docker engine"],
    ["deploy --host ssh://deploy@server.example --tag v1.4.0", "a version, to a server"],
    [
      "deploy --tag dev --no-pull --env-file production.env",
      "an image that the engine already has, with settings from a file",
    ],
  ],
  notes: [
    "Pulls the image, runs its doctor, applies migrations, starts app and worker beside the live release, switches requests when both are healthy,",
    "and drains the old release. If a step before the switch fails, the old release keeps serving. Needs compose.yaml of this checkout; the server",
    "needs only Docker. Refuses migrations that would break the live release. How it works: docs/deploy/one-server.md.",
    "Exit codes: 0 the new release is live, 1 it is not, 78 bad settings.",
  ].join("\n"),
  flags: [
    hostFlag,
    { flags: "-t, --tag <tag>", about: "deploy this tag instead of this commit's" },
    { flags: "-r, --registry <registry>", about: "registry and namespace to pull from" },
    { flags: "--no-pull", about: "use the image that the engine already has; with --tag, a name without a registry" },
    envFileFlag,
    { flags: "-f, --file <file>", about: "compose file laid over compose.yaml", repeat: true },
    timeoutFlag,
    drainFlag,
    { flags: "--keep <n>", about: "releases to keep for a rollback, including the live one", fallback: "5" },
    { flags: "--allow-destructive", about: "apply migrations even if they break the live release" },
  ],
  async run(context, _, flags) {
    const pull = flags.pull !== false;
    const options = {
      reference: await referenceFor(context, flags, pull),
      pull,
      healthMs: seconds(flags, "timeout"),
      drainMs: seconds(flags, "drain"),
      keep: count(text(flags, "keep") ?? "", "--keep", 2, 100),
      allowDestructive: isSet(flags, "allowDestructive"),
    };
    const { interruptible } = await import("../image/interrupt.ts");
    return await interruptible(async (signal) => {
      const { deploy: run } = await import("../deploy/deploy.ts");
      const release = await run(options, serverFor(context, flags, signal));
      context.out(`r${release} is live: ${options.reference}`);
      return 0;
    });
  },
};

/** The image's reference. @throws UsageError for a tree with uncommitted changes: no registry has its image. */
async function referenceFor(context: Context, flags: Flags, pull: boolean): Promise<string> {
  const { stateFor, tagOptions } = await import("../image/inputs.ts");
  const { tagsOf } = await import("../image/tags.ts");
  const tags = tagsOf(await stateFor(context, flags), { ...tagOptions(flags), latest: "never" });
  if (!pull) return tags.local;
  if (tags.dirty && text(flags, "tag") === undefined)
    throw new UsageError(
      "This tree has uncommitted changes, so no registry has its image",
      "Commit and push the image, or choose another one with --tag.",
    );
  return tags.remote[0] ?? tags.local;
}
