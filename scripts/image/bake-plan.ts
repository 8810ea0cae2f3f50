import { UsageError } from "../../core/errors.ts";
import { checkedTag } from "./reference.ts";
import type { Step } from "./run-step.ts";
import { imageName, type Tags } from "./tags.ts";

export interface BakeInputs {
  readonly tags: Tags;
  /** Registry and image name. */
  readonly repository: string;
  /** Seconds since 1970. Undefined without a git repository. */
  readonly committedAt: number | undefined;
  readonly platforms: readonly string[];
  readonly builder?: string | undefined;
  readonly noCache?: boolean;
  /** bake's `--set` overrides. */
  readonly set?: readonly string[];
  readonly metadataFile?: string | undefined;
  /** Files outside the project that bake may read: the ones that CA_FILE and NPMRC_FILE name. */
  readonly readable?: readonly string[];
}

const supportedPlatforms = ["linux/amd64", "linux/arm64"] as const;
export const bakeFile = "docker-bake.hcl";
/** The local image's target and the release's group in docker-bake.hcl. */
const [buildTarget, releaseGroup] = ["image", "release"] as const;

/** The bake variables that depend on git. Others keep the value of the environment or docker-bake.hcl. */
export function bakeEnvironment({ tags, repository, committedAt, platforms }: BakeInputs): Record<string, string> {
  const slash = repository.lastIndexOf("/");
  return {
    REGISTRY: repository.slice(0, slash),
    IMAGE: repository.slice(slash + 1),
    LOCAL_TAG: tags.local,
    TAGS: pushedByBake(tags).map(bareTag).join(","),
    // A tree with uncommitted changes is not that version.
    ...(tags.revision === null ? {} : { REVISION: tags.revision, VERSION: (tags.dirty ? null : tags.version) ?? "" }),
    ...(platforms.length === 0 ? {} : { PLATFORMS: platforms.join(",") }),
    ...(committedAt === undefined ? {} : { CREATED: isoOf(committedAt), SOURCE_DATE_EPOCH: String(committedAt) }),
  };
}

/** ISO time without milliseconds, which a commit does not have. */
const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

export const bareTag = (reference: string): string => reference.slice(reference.lastIndexOf(":") + 1);

/** All tags except `latest`, which moves after the others were read back. When `latest` is the only tag, bake pushes it. */
export function pushedByBake({ remote }: Tags): readonly string[] {
  const others = remote.filter((reference) => bareTag(reference) !== "latest");
  return others.length === 0 ? remote : others;
}

export const movedLast = (tags: Tags): string | undefined =>
  tags.remote.find((reference) => !pushedByBake(tags).includes(reference));

const bake = (inputs: BakeInputs, buildx: readonly [string, ...string[]], more: readonly string[]): Step => ({
  argv: [
    ...buildx,
    "bake",
    ...(inputs.builder === undefined ? [] : ["--builder", inputs.builder]),
    "-f",
    bakeFile,
    ...more,
    ...(inputs.readable ?? []).flatMap((file) => ["--allow", `fs.read=${file}`]),
    ...(inputs.noCache ? ["--no-cache"] : []),
    ...(inputs.metadataFile === undefined ? [] : ["--metadata-file", inputs.metadataFile]),
    ...(inputs.set ?? []).flatMap((value) => ["--set", value]),
  ],
  env: bakeEnvironment(inputs),
});

/** Where a build stores its result. */
export type Destination = { readonly kind: "engine" } | { readonly kind: "archive"; readonly path: string };

/** `docker buildx bake image` into the engine, or into an OCI archive. Pure. */
export function planBuild(inputs: BakeInputs, buildx: readonly [string, ...string[]], to: Destination): Step {
  const output =
    to.kind === "engine" ? [] : ["--set", `${buildTarget}.output=type=oci,dest=${to.path},rewrite-timestamp=true`];
  const step = bake(inputs, buildx, [buildTarget, ...output]);
  // A provenance record contains the build time, but two builds of one commit must have the same digest.
  return { ...step, env: { ...step.env, BUILDX_NO_DEFAULT_ATTESTATIONS: "1" } };
}

/** `docker buildx bake release`, which pushes every tag except `latest`. Pure. */
export const planPush = (inputs: BakeInputs, buildx: readonly [string, ...string[]]): Step =>
  bake(inputs, buildx, [releaseGroup]);

/** The same, but bake only prints its plan. */
export const planPrint = (inputs: BakeInputs, buildx: readonly [string, ...string[]]): Step =>
  bake({ ...inputs, noCache: false, metadataFile: undefined }, buildx, [releaseGroup, "--print", "--progress=quiet"]);

/** Adds a tag to an image in the registry. Pure. */
export const planMove = (
  reference: string,
  source: string,
  buildx: readonly [string, ...string[]],
  builder?: string,
): Step => ({
  argv: [
    ...buildx,
    "imagetools",
    "create",
    ...(builder === undefined ? [] : ["--builder", builder]),
    "--tag",
    reference,
    source,
  ],
  env: {},
});

/**
 * The platforms of `--platform`, which may be repeated and contain commas. Each once, in the given order.
 *
 * @throws UsageError for a platform that is not supported.
 */
export function platformsOf(typed: readonly string[]): string[] {
  const platforms = typed
    .flatMap((value) => value.split(","))
    .map((value) => value.trim())
    .filter(Boolean);
  for (const platform of platforms)
    if (!supportedPlatforms.some((supported) => supported === platform))
      throw new UsageError(
        `The image cannot be built for ${platform}`,
        `It is built for ${supportedPlatforms.join(" and ")}.`,
      );
  return [...new Set(platforms)];
}

/** The platform of a Linux container on this machine. */
export const ownPlatform = (arch: string = process.arch): string => `linux/${arch === "x64" ? "amd64" : arch}`;

/** The file name of a build's archive. */
export const archiveName = (local: string, platforms: readonly string[]): string =>
  `${[imageName, checkedTag(bareTag(local)), ...platforms.map((platform) => platform.replace("linux/", ""))].join("-")}.oci.tar`;
