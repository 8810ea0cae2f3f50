import { XnovuError } from "../../core/errors.ts";
import { type Context, type Flags, isSet, text, texts } from "../cli/command.ts";
import { type BakeInputs, platformsOf } from "./bake-plan.ts";
import { type GitState, readGitState } from "./git-state.ts";
import { repositoryOf } from "./reference.ts";
import {
  defaultRegistry,
  imageName,
  type LatestMode,
  latestModes,
  type TagOptions,
  type Tags,
  tagsOf,
} from "./tags.ts";

/** The state of the caller's repository. Undefined without a repository when --tag is given. */
export async function stateFor({ cwd, env }: Context, flags: Flags): Promise<GitState | undefined> {
  try {
    return await readGitState({ cwd, env, tagPrefix: text(flags, "tagPrefix") ?? "" });
  } catch (error) {
    // A repository of another owner is always an error: the image would lack a revision that exists.
    if (text(flags, "tag") === undefined || !(error instanceof XnovuError) || /refuses/.test(error.message))
      throw error;
    return undefined;
  }
}

const latestOf = (flags: Flags): LatestMode => latestModes.find((mode) => mode === text(flags, "latest")) ?? "always";

export function tagOptions(flags: Flags): TagOptions & { readonly latest: LatestMode } {
  return {
    registry: text(flags, "registry"),
    tag: text(flags, "tag"),
    latest: latestOf(flags),
    requireVersion: isSet(flags, "requireVersion"),
  };
}

/** Reads git, computes the tags and prints their warnings. */
export async function inputsFor(context: Context, flags: Flags): Promise<BakeInputs> {
  // Checked before git runs: a wrong platform is wrong in any state of git.
  const platforms = platformsOf(texts(flags, "platform"));
  const state = await stateFor(context, flags);
  const tags = tagsOf(state, tagOptions(flags));
  for (const warning of tags.warnings) context.note(`warning: ${warning}`);
  return {
    tags,
    repository: repositoryOf(text(flags, "registry") ?? defaultRegistry, imageName),
    committedAt: state?.committedAt,
    platforms,
    builder: text(flags, "builder"),
    noCache: isSet(flags, "noCache") || flags.cache === false,
    set: texts(flags, "set"),
    metadataFile: text(flags, "metadataFile"),
    readable: [context.env.CA_FILE, context.env.NPMRC_FILE].flatMap((file) => (file ? [file] : [])),
  };
}

/** The two lines that the deployment guide shows. */
export function tagLines({ local, remote }: Tags): string[] {
  return [
    `Local tag: ${local}`,
    `Remote tags: ${remote.map((reference) => reference.slice(reference.lastIndexOf(":") + 1)).join(", ")}`,
  ];
}
