import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The metadata file of a build, by target. */
export type Metadata = Readonly<
  Record<
    string,
    { readonly "containerimage.digest"?: string; readonly "containerimage.config.digest"?: string } | undefined
  >
>;

/** Runs a build that writes a metadata file. Returns its content and copies it to `keepAs`. */
export async function withMetadata(
  keepAs: string | undefined,
  build: (file: string) => Promise<unknown>,
): Promise<Metadata> {
  const folder = mkdtempSync(join(tmpdir(), "xnovu-build-"));
  const file = join(folder, "metadata.json");
  try {
    await build(file);
    if (!existsSync(file)) return {};
    if (keepAs !== undefined) copyFileSync(file, keepAs);
    return JSON.parse(readFileSync(file, "utf8")) as Metadata;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
