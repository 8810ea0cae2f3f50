import { type Command, isSet, json } from "../cli/command.ts";
import { latestFlag, requireVersionFlag, tagFlag, tagPrefixFlag } from "../image/flags.ts";

export const dockerTags: Command = {
  name: "docker:tags",
  summary: "print the image tags for this state of git",
  examples: [
    ["docker:tags", "the local tag and the tags of a push"],
    ["docker:tags --json", "the same for a script, with warnings"],
    ["docker:tags -r registry.example/team --require-version", "for a registry; fails without a version"],
  ],
  notes:
    "Tags are the commit's first 7 characters, the nearest semantic version tag, and latest. With uncommitted changes the tag ends in -dirty and\nthere is no version. Exit code 2 without a git repository.",
  flags: [
    json,
    tagFlag,
    { flags: "-r, --registry <registry>", about: "registry and namespace" },
    tagPrefixFlag,
    latestFlag,
    requireVersionFlag,
  ],
  async run(context, _, flags) {
    const { stateFor, tagLines, tagOptions } = await import("../image/inputs.ts");
    const { tagsOf } = await import("../image/tags.ts");
    const tags = tagsOf(await stateFor(context, flags), tagOptions(flags));
    if (isSet(flags, "json")) {
      context.out(JSON.stringify(tags, undefined, 2));
      return;
    }
    for (const warning of tags.warnings) context.note(`warning: ${warning}`);
    for (const line of tagLines(tags)) context.out(line);
  },
};
