import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot, trackedFiles } from "../tracked.ts";

/** The files of one state of the repository. */
export interface Tree {
  readonly files: readonly string[];
  read(file: string): string;
}

export const workingTree = (): Tree => tree(projectRoot, trackedFiles());

/** The files of a revision, unpacked below `folder`. */
export function treeOf(revision: string, folder: string): Tree {
  const root = join(folder, "tree");
  mkdirSync(root);
  const archive = execFileSync("git", ["archive", revision], { cwd: projectRoot, maxBuffer: 256 * 1024 ** 2 });
  execFileSync("tar", ["-x", "-C", root], { input: archive });
  const names = execFileSync("git", ["ls-tree", "-r", "-z", "--name-only", revision], {
    cwd: projectRoot,
    encoding: "utf8",
    maxBuffer: 64 * 1024 ** 2,
  });
  return tree(
    root,
    names.split("\0").filter((path) => path && existsSync(join(root, path))),
  );
}

const tree = (root: string, files: readonly string[]): Tree => ({
  files,
  read: (file) => readFileSync(join(root, file), "utf8"),
});

const program = /\.(ts|tsx|mts|mjs|cjs)$/;
const test = /(^|\/)(test|bench)\/|\.(test|fixture)\.\w+$/;

/** TypeScript and JavaScript, generated files left out. */
export const isProgram = (file: string): boolean => program.test(file) && !file.includes("/generated/");
export const isTest = (file: string): boolean => test.test(file);
/** What the six-line measure of repetition reads. */
export const isCode = (file: string): boolean =>
  isProgram(file) || (file.endsWith(".sql") && file !== "outbox/schema.sql");
