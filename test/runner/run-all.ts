import { type FileResult, type RunOptions, runFile } from "./file.ts";
import { ownTimeLimit } from "./find.ts";

/** Runs the files in the given order, `jobs` at once, and tells each result as it comes. Stops starting files when aborted. */
export async function runAll(
  files: readonly string[],
  jobs: number,
  options: RunOptions,
  each: (result: FileResult) => void,
): Promise<FileResult[]> {
  const waiting = [...files];
  const results: FileResult[] = [];
  const session = async () => {
    for (let file = waiting.shift(); file && !options.signal?.aborted; file = waiting.shift()) {
      const timeoutS = Math.max(options.timeoutS, ownTimeLimit(options.root, file) ?? 0);
      const result = await runFile(file, { ...options, timeoutS });
      results.push(result);
      each(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, files.length) }, session));
  return results;
}
