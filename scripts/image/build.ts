import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { XnovuError } from "../../core/errors.ts";
import { archiveName, type BakeInputs, type Destination, ownPlatform, planBuild } from "./bake-plan.ts";
import { commandError, dockerBuildx, requireBuildx } from "./buildx.ts";
import { withMetadata } from "./metadata.ts";
import { type RunOptions, run } from "./run-step.ts";

export interface BuildResult {
  /** Digest of the image, or of the index for several platforms. */
  readonly digest: string;
  readonly destination: Destination;
}

/** git and the build ignore this folder. */
const archiveFolder = ".xnovu/images";

/** An image for this machine's platform goes into the engine. Others go into an archive: an engine holds no index and cannot run them. Pure. */
function destinationOf({ tags, platforms }: BakeInputs, own = ownPlatform()): Destination {
  const intoEngine = platforms.length === 0 || (platforms.length === 1 && platforms[0] === own);
  return intoEngine
    ? { kind: "engine" }
    : { kind: "archive", path: join(archiveFolder, archiveName(tags.local, platforms)) };
}

/** @throws XnovuError that says what to install or create, or with the last line of a failed build. */
export async function build(inputs: BakeInputs, options: RunOptions): Promise<BuildResult> {
  await requireBuildx(options);
  const destination = destinationOf(inputs);
  if (destination.kind === "archive") mkdirSync(join(options.cwd, dirname(destination.path)), { recursive: true });
  const metadata = await withMetadata(inputs.metadataFile, async (metadataFile) => {
    const ran = await run(planBuild({ ...inputs, metadataFile }, dockerBuildx, destination), options);
    if (!ran.ok) throw commandError("The build", ran);
  });
  const { image } = metadata;
  const digest = image?.["containerimage.digest"] ?? image?.["containerimage.config.digest"];
  if (digest === undefined) throw new XnovuError("buildx reported no digest for the built image");
  return { digest, destination };
}
