import { type Command, isSet, json } from "../cli/command.ts";

export const dockerTags: Command = {
  name: "docker:tags",
  summary: "print the image tags of this state of git",
  examples: [
    ["docker:tags", "the local tag, and those a push would use"],
    ["docker:tags --json", "the same for a script, with the reasons"],
    ["docker:tags -r registry.example/team --require-version", "for a registry; fail without a version"],
  ],
  notes:
    "The commit's first 7 characters, the nearest semantic version tag, and latest; a changed tree is -dirty and has no version.\nExit 2 when there is no git state to read.",
  flags: [
    json,
    { flags: "-t, --tag <tag>", about: "use this tag in place of those from git" },
    { flags: "-r, --registry <registry>", about: "registry and namespace" },
    { flags: "--tag-prefix <prefix>", about: "git's version tags start so, as release/ in release/v1.2.3" },
    {
      flags: "--latest <when>",
      about: "as docker:push has it",
      choices: ["auto", "always", "never"],
      fallback: "always",
    },
    { flags: "--require-version", about: "fail when no semantic version tag is reachable" },
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
