import { XnovuError } from "../../core/errors.ts";
import { type BakeInputs, movedLast, planMove, planPush, pushedByBake } from "./bake-plan.ts";
import { dockerBuildx, requireBuildx } from "./buildx.ts";
import { fixedReferences, reasonToKeepLatest, requireSameRevision } from "./guard.ts";
import { withMetadata } from "./metadata.ts";
import { inspect, type Pushed, type RetryOptions, withRetries } from "./registry.ts";
import type { LatestMode } from "./tags.ts";

export interface PushOptions extends RetryOptions {
  readonly moveTag: boolean;
  readonly latest: LatestMode;
}

export interface PushResult {
  readonly digest: string;
  readonly platforms: Pushed["platforms"];
  /** Full references that now point to the digest. */
  readonly tags: readonly string[];
}

/**
 * Builds and pushes the image, reads every tag back, and then moves `latest` to the new digest.
 *
 * @throws XnovuError when a fixed tag belongs to another revision, the registry refuses, or a tag has another digest afterwards.
 */
export async function push(inputs: BakeInputs, options: PushOptions): Promise<PushResult> {
  await requireBuildx(options);
  const { tags } = inputs;
  if (!options.moveTag)
    for (const reference of fixedReferences(tags))
      requireSameRevision(reference, await inspect(reference, options), tags.revision);
  const latest = await latestToMove(inputs, options);

  const metadata = await withMetadata(inputs.metadataFile, (metadataFile) =>
    withRetries("The push", planPush({ ...inputs, metadataFile }, dockerBuildx), options),
  );
  const digest = metadata["release-image"]?.["containerimage.digest"];
  if (digest === undefined) throw new XnovuError("buildx reported no digest for the pushed image");
  const pushed = pushedByBake(tags);
  for (const reference of pushed) await readBack(reference, digest, options);
  if (latest !== undefined) {
    const source = `${inputs.repository}@${digest}`;
    await withRetries(`Moving ${latest}`, planMove(latest, source, dockerBuildx, inputs.builder), options);
  }
  const all = latest === undefined ? pushed : [...pushed, latest];
  const { platforms } = await readBack(all.at(-1) ?? "", digest, options);
  return { digest, platforms, tags: all };
}

async function readBack(reference: string, digest: string, options: RetryOptions): Promise<Pushed> {
  const found = await inspect(reference, options);
  if (found?.digest === digest) return found;
  throw new XnovuError(
    `${reference} reads back as ${found?.digest ?? "nothing"} instead of ${digest}; latest was not moved`,
    {
      hint: "Another push may have run at the same time. Push again.",
    },
  );
}

async function latestToMove({ tags }: BakeInputs, options: PushOptions): Promise<string | undefined> {
  const latest = movedLast(tags);
  if (latest === undefined || options.latest !== "auto") return latest;
  const reason = reasonToKeepLatest(tags.version, await inspect(latest, options));
  if (reason === undefined) return latest;
  options.note(`${latest} is not moved: ${reason}`);
  return undefined;
}
