import { type Command, isSet, json } from "../cli/command.ts";
import { table, time } from "../cli/table.ts";
import { hostFlag, serverFor } from "../deploy/flags.ts";

export const releases: Command = {
  name: "releases",
  summary: "list a server's releases, and who did what to them",
  examples: [
    ["releases", "newest first: what is live, and what rollback goes to"],
    ["releases --audit", "every action, one line each"],
    ["releases --host ssh://deploy@server.example --json", "a server's, for a script"],
  ],
  notes:
    "live serves; previous is what `rollback` goes to; retired is kept and takes `rollback <release>`; failed never served; pruned is gone. The journal\nlies on the server, so that it reads the same from everywhere.",
  flags: [
    hostFlag,
    { flags: "--audit", about: "the journal: when, who, what, from where, to where, how it ended" },
    json,
  ],
  async run(context, _, flags) {
    const { readReleases } = await import("../deploy/read.ts");
    const { journal, found } = await readReleases(serverFor(context, flags));
    if (isSet(flags, "json")) {
      context.out(JSON.stringify(isSet(flags, "audit") ? journal : found.all));
      return 0;
    }
    if (journal.length === 0) context.note("Nothing was deployed here yet.");
    else if (isSet(flags, "audit"))
      context.out(
        table(
          ["AT", "BY", "ACTION", "RELEASE", "FROM", "OUTCOME", "REASON"],
          journal.map(({ at, by, action, release, from, outcome, reason, reference }) => [
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
