import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { signalTo } from "../../local/child.ts";
import { temporaryFolder } from "../support/folder.ts";
import { endLeftovers, killMarked, mark } from "./leftovers.ts";
import { limitVariable, notesVariable, readNotes, type TimedTest } from "./limits/notes.ts";
import { readSummaries, type Summary } from "./summary.ts";

export interface FileResult {
  readonly file: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly ms: number;
  /** Why the file as a whole failed, one line each. Empty when it passed. */
  readonly problems: readonly string[];
  readonly output: string;
  /** How long each test and each hook took. */
  readonly tests: readonly TimedTest[];
}

export interface RunOptions {
  readonly root: string;
  readonly timeoutS: number;
  /** Seconds that one test or hook may take, when it asks for no limit of its own. */
  readonly testTimeoutS: number;
  readonly env: NodeJS.ProcessEnv;
  /** Ends the file early. */
  readonly signal?: AbortSignal;
}

// The second one gives each test its time limit.
const preloads = ["tsx", "./limits/preload.mjs"].flatMap((name) => ["--import", import.meta.resolve(name)]);

/** Runs one test file in a process and a group of its own, and ends whatever it leaves behind. */
export async function runFile(file: string, options: RunOptions): Promise<FileResult> {
  const token = randomUUID();
  const notes = temporaryFolder("xnovu-notes-");
  const notesFile = join(notes.path, "notes");
  const begin = Date.now();
  const child = spawn(process.execPath, [...preloads, join(options.root, file)], {
    cwd: options.root,
    env: {
      ...options.env,
      [mark]: token,
      [notesVariable]: notesFile,
      [limitVariable]: String(options.testTimeoutS),
      NODE_ENV: "test",
      NO_COLOR: "1",
      FORCE_COLOR: undefined,
    },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const group = child.pid ?? 0;
  const end = () => {
    signalTo(-group, "SIGKILL");
    killMarked(token);
  };
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    end();
  }, options.timeoutS * 1000);
  options.signal?.addEventListener("abort", end);
  const output = collect(child);
  const closed = new Promise((resolve) => child.once("close", resolve));
  const exit = await exited(child);
  clearTimeout(timer);
  options.signal?.removeEventListener("abort", end);
  const leftovers = await endLeftovers(group, token);
  await drained(child, closed);

  const summaries = readSummaries(output());
  const { ended, current } = readNotes(notesFile);
  notes.remove();
  const problems = [
    ...(timedOut ? [`killed: it did not end within ${options.timeoutS} s (${whereIn(current)})`] : []),
    ...(timedOut ? [] : endFaults(exit)),
    ...(timedOut ? [] : summaryFaults(summaries)),
    ...leftovers.map((left) => `left running, and killed: ${left}`),
  ];
  return {
    file,
    ...counts(summaries.at(-1), problems),
    ms: Date.now() - begin,
    problems,
    output: output(),
    tests: ended,
  };
}

const whereIn = (current: string | undefined): string =>
  current === undefined ? "an open handle, or a wait outside of its tests" : `in ${current}`;

interface End {
  readonly code: number | null;
  readonly signal: string | null;
}

// 'exit' and not 'close': a leftover process may hold the pipes open for ever.
const exited = (child: ChildProcess): Promise<End> =>
  new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", (error) => resolve({ code: null, signal: error.message }));
  });

/** The last output may still be on its way when the process has ended; a process that escaped must not hold it open for ever. */
async function drained(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  const limit = new AbortController();
  await Promise.race([closed, sleep(2_000, undefined, { signal: limit.signal }).catch(() => undefined)]);
  limit.abort();
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function collect(child: ChildProcess): () => string {
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk: Buffer) => void chunks.push(chunk));
  return () => Buffer.concat(chunks).toString("utf8");
}

function endFaults({ code, signal }: End): string[] {
  if (code === 0) return [];
  return [signal ? `ended by ${signal}` : `exit code ${code}`];
}

function summaryFaults(summaries: readonly Summary[]): string[] {
  const [summary, ...more] = summaries;
  if (!summary) return ["no summary: test.run() is missing at its end, or it ended in the middle"];
  // uvu runs again, with its exit code reset, when test.run() is called after an await.
  if (more.length > 0) return ["more than one summary: call test.run() once, before anything is awaited"];
  if (summary.total === 0) return ["no test was run: it holds none"];
  return summary.passed < summary.total ? [`${summary.total - summary.passed} of ${summary.total} tests failed`] : [];
}

function counts(summary: Summary | undefined, problems: readonly string[]) {
  const { total, passed, skipped } = summary ?? { total: 0, passed: 0, skipped: 0 };
  // A file that fails as a whole counts as one failure beside its passed tests.
  return { passed, skipped, failed: Math.max(total - passed, problems.length > 0 ? 1 : 0) };
}
