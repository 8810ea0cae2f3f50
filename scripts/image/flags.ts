import type { Flag } from "../cli/command.ts";

// Flags that the Docker commands share.

export const tagFlag: Flag = { flags: "-t, --tag <tag>", about: "use this tag instead of the tags from git" };
export const tagPrefixFlag: Flag = {
  flags: "--tag-prefix <prefix>",
  about: "prefix of git's version tags, such as release/ for release/v1.2.3",
};
export const builderFlag: Flag = { flags: "--builder <name>", about: "buildx builder to build with" };
export const latestFlag: Flag = {
  flags: "--latest <when>",
  about: "when to move latest; auto: not for a prerelease or a backport",
  choices: ["auto", "always", "never"],
  fallback: "always",
};
export const requireVersionFlag: Flag = {
  flags: "--require-version",
  about: "fail when no semantic version tag is reachable",
};
