import { UsageError } from "../../core/errors.ts";
import { type Command, type Context, type Flags, isSet, text } from "../cli/command.ts";
import { count } from "../cli/input.ts";
import { drainFlag, envFileFlag, hostFlag, seconds, serverFor, timeoutFlag } from "../deploy/flags.ts";

export const deploy: Command = {
  name: "deploy",
  summary: "put a release on a server, without a request or a notification lost",
  examples: [
    ["deploy", "the pushed image of this commit, on this machine's engine"],
    ["deploy --host ssh://deploy@server.example --tag v1.4.0", "a version, on a server"],
    ["deploy --tag dev --no-pull --env-file production.env", "an image that the engine has, with settings from a file"],
  ],
  notes: [
    "Pulls, asks the new image's doctor, applies migrations, starts app and worker beside those that run, switches when both are healthy, and",
    "drains the old worker. Whatever fails before the switch leaves the old pair serving. Needs compose.yaml of this checkout, and nothing on the",
    "server but Docker. Migrations that would break the release that serves are refused. How it works: docs/deploy/one-server.md.",
    "Exit codes: 0 the new release is live, 1 it is not, 78 bad settings.",
  ].join("\n"),
  flags: [
    hostFlag,
    { flags: "-t, --tag <tag>", about: "deploy this tag in place of this commit's" },
    { flags: "-r, --registry <registry>", about: "registry and namespace to pull from" },
    { flags: "--no-pull", about: "take the image that the engine has; with --tag, a name without a registry" },
    envFileFlag,
    { flags: "-f, --file <file>", about: "one more compose file, over compose.yaml", repeat: true },
    timeoutFlag,
    drainFlag,
    { flags: "--keep <n>", about: "releases to keep for a rollback, the live one included", fallback: "5" },
    { flags: "--allow-destructive", about: "apply migrations that break the release that serves now" },
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

/** Where the image is. @throws UsageError for a changed tree, whose image no registry has. */
async function referenceFor(context: Context, flags: Flags, pull: boolean): Promise<string> {
  const { stateFor, tagOptions } = await import("../image/inputs.ts");
  const { tagsOf } = await import("../image/tags.ts");
  const tags = tagsOf(await stateFor(context, flags), { ...tagOptions(flags), latest: "never" });
  if (!pull) return tags.local;
  if (tags.dirty && text(flags, "tag") === undefined)
    throw new UsageError(
      "This tree has uncommitted changes, and its image is in no registry",
      "Commit and push the image, or name another one: --tag.",
    );
  return tags.remote[0] ?? tags.local;
}
