import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "../../core/errors.ts";
import { bakeFile } from "./bake-plan.ts";

export interface Project {
  /** Folder of docker-bake.hcl: bake's working folder and the build context. */
  readonly folder: string;
  /** False when the caller's folder is outside: the plan may be printed but not run. */
  readonly holdsCwd: boolean;
}

/** The nearest folder with a docker-bake.hcl, from `cwd` upwards, or this program's own project. */
export function findProject(cwd: string, ownRoot: string): Project {
  for (let folder = cwd; ; folder = dirname(folder)) {
    if (existsSync(join(folder, bakeFile))) return { folder, holdsCwd: true };
    if (folder === dirname(folder)) return { folder: ownRoot, holdsCwd: false };
  }
}

/** @throws UsageError when the git state and the build context would come from different folders. */
export function requireOwnProject({ holdsCwd, folder }: Project, cwd: string): void {
  if (!holdsCwd)
    throw new UsageError(
      `There is no ${bakeFile} in ${cwd} or a folder above it`,
      `Run the command in a checkout such as ${folder}.`,
    );
}
