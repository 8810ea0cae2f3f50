import { spawnSync } from "node:child_process";
import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the checkout, without a slash at its end. */
export const projectRoot = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Files that git tracks or would add, as relative paths with forward slashes. Symbolic links are left out: a check reads their target anyway. */
export function trackedFiles(root: string = projectRoot): string[] {
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"];
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 ** 2 });
  if (status !== 0) throw new Error(`git ls-files failed: ${stderr}`);
  return stdout.split("\0").filter((path) => path && isFile(join(root, path)));
}

const isFile = (path: string): boolean => existsSync(path) && lstatSync(path).isFile();
