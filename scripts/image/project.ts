import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { bakeFile } from "./plan.ts";

export interface Project {
  /** Folder of docker-bake.hcl: bake's working folder, and the context of the build. */
  readonly folder: string;
  /** False when the folder the command runs in lies outside it: the plan may be shown, and must not be run. */
  readonly holdsCwd: boolean;
}

/** The nearest folder upwards from `cwd` that has a docker-bake.hcl; this program's own project where there is none. */
export function findProject(cwd: string, ownRoot: string): Project {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, bakeFile))) return { folder, holdsCwd: true };
    if (folder === dirname(folder)) return { folder: ownRoot, holdsCwd: false };
  }
}

/** @throws UsageError when git state and build context would be of two different folders. */
export function requireOwnProject({ holdsCwd, folder }: Project, cwd: string): void {
  if (!holdsCwd)
    throw new UsageError(
      `${cwd} has no ${bakeFile}, nor has a folder above it`,
      `Run this in a checkout such as ${folder}.`,
    );
}
