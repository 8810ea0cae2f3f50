import { type Command, isSet, json } from "../cli/command.ts";
import { table, time } from "../cli/table.ts";
import { hostFlag, serverFor } from "../deploy/flags.ts";

export const releases: Command = {
  name: "releases",
  summary: "list a server's releases, or its audit log",
  examples: [
    ["releases", "newest first, with the live one and the one that rollback goes to"],
    ["releases --audit", "every action with its time, user and outcome"],
    ["releases --host ssh://deploy@server.example --json", "of a server, for a script"],
  ],
  notes:
    "States: live serves requests; `rollback` goes to previous; `rollback <release>` goes to retired; failed never served; pruned was removed.\nThe audit log is stored on the server, so every machine sees the same.",
  flags: [hostFlag, { flags: "--audit", about: "print the audit log: time, user, action, releases, outcome" }, json],
  async run(context, _, flags) {
    const { readReleases } = await import("../deploy/read-releases.ts");
    const { entries, found } = await readReleases(serverFor(context, flags));
    if (isSet(flags, "json")) {
      context.out(JSON.stringify(isSet(flags, "audit") ? entries : found.all));
      return 0;
    }
    if (entries.length === 0) context.note("Nothing has been deployed here yet.");
    else if (isSet(flags, "audit"))
      context.out(
        table(
          ["AT", "BY", "ACTION", "RELEASE", "FROM", "OUTCOME", "REASON"],
          entries.map(({ at, by, action, release, from, outcome, reason, reference }) => [
            time(at),
            by,
            action,
            `r${release}`,
            from === null ? "" : `r${from}`,
            outcome,
            reason ?? (outcome === "started" ? (reference ?? "") : ""),
          ]),
        ),
      );
    else
      context.out(
        table(
          ["RELEASE", "STATE", "IMAGE", "REVISION", "AT", "BY", "REASON"],
          found.all.map(({ id, state, reference, revision, at, by, reason }) => [
            `r${id}`,
            state,
            reference,
            revision?.slice(0, 7) ?? "",
            time(at),
            by,
            reason ?? "",
          ]),
        ),
      );
    return 0;
  },
};
