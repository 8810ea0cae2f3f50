import { type FileResult, type RunOptions, runFile } from "./file.ts";
import { ownTimeLimit } from "./find.ts";

export interface RunAllOptions extends RunOptions {
  /** Files at once. */
  readonly jobs: number;
  /** Files that share the Docker engine: together they build the same image, so one fewer than `jobs` run at once and the others go on beside them. */
  readonly engineFiles: ReadonlySet<string>;
}

/** Runs the files in the given order and reports each result as it comes. Stops starting files when aborted. */
export async function runAll(
  files: readonly string[],
  options: RunAllOptions,
  each: (result: FileResult) => void,
): Promise<FileResult[]> {
  const { jobs, engineFiles, signal } = options;
  const waiting = [...files];
  const results: FileResult[] = [];
  const onEngine = new Set<string>();
  const next = (): string | undefined => {
    const isFull = onEngine.size >= Math.max(1, jobs - 1);
    const at = waiting.findIndex((file) => !(isFull && engineFiles.has(file)));
    // Only files of the engine are left: then they take every job.
    return waiting.splice(Math.max(0, at), 1)[0];
  };
  const job = async () => {
    for (let file = next(); file && !signal?.aborted; file = next()) {
      if (engineFiles.has(file)) onEngine.add(file);
      const result = await runFile(file, { ...options, ...limitsOf(file, options) });
      onEngine.delete(file);
      results.push(result);
      each(result);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, files.length) }, job));
  return results;
}

/** A file that asks for a longer time limit gets a third of it for each test. */
function limitsOf(file: string, { root, timeoutS, testTimeoutS }: RunOptions) {
  const own = ownTimeLimit(root, file) ?? 0;
  return { timeoutS: Math.max(timeoutS, own), testTimeoutS: Math.max(testTimeoutS, Math.floor(own / 3)) };
}
