// The test runner: each *.test.ts in a process of its own. See `usage` in runner/options.ts.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { exitCodes, messageOf, XnovuError } from "../core/errors.ts";
import { readDurations, writeDurations } from "./runner/durations.ts";
import { findTestFiles, longestFirst } from "./runner/find.ts";
import { isUnit, wantsEngine, wantsServers } from "./runner/needs.ts";
import { parseOptions, type RunnerOptions } from "./runner/options.ts";
import { closingLine, fileLines, painter, reminder, slowestLines } from "./runner/report.ts";
import { runAll } from "./runner/run-all.ts";
import type { SharedServers } from "./runner/servers.ts";

// Its own tests point it at a folder of fixtures.
const root = process.env.XNOVU_TEST_ROOT || fileURLToPath(new URL("..", import.meta.url));
const paint = painter(process.stdout.isTTY === true && !process.env.NO_COLOR);
const say = (text: string) => void process.stdout.write(`${text}\n`);
const interrupted = new AbortController();
let started = false;
// What starts servers is loaded only where one is needed: a run of unit tests begins in half the time.
const noServers: SharedServers = { env: {}, stop: async () => undefined };

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)
  process.on(signal, () => {
    if (interrupted.signal.aborted || !started) process.exit(code);
    process.exitCode = code;
    interrupted.abort();
    console.error(`${signal}: stopping; once more to leave at once`);
  });

async function run({ jobs, timeoutS, testTimeoutS, slowest, unit, patterns }: RunnerOptions): Promise<void> {
  const found = findTestFiles(root, patterns).filter((file) => !unit || patterns.length > 0 || isUnit(root, file));
  const files = longestFirst(found, readDurations(root));
  if (files.length === 0) throw new XnovuError(`No test file matches ${patterns.join(" ") || "*.test.ts"}`);
  const shared = !unit && files.some((file) => wantsServers(root, file));
  // May download or build for minutes, and nothing runs yet that would have to be stopped.
  const temporal = shared ? await (await import("./support/temporal.ts")).temporalBinary() : undefined;
  const engineFiles = unit ? [] : files.filter((file) => wantsEngine(root, file));
  if (engineFiles.length > 0) await (await import("./support/engine.ts")).prepareEngine();
  started = true;
  const servers = temporal ? await (await import("./runner/servers.ts")).startServers(temporal) : noServers;
  let engine = noServers;
  try {
    if (engineFiles.length > 0) engine = await (await import("./runner/servers.ts")).startEngineFor();
    const env = { ...process.env, ...servers.env, ...engine.env };
    const limits = { timeoutS, testTimeoutS, signal: interrupted.signal };
    const options = { root, env, jobs, engineFiles: new Set(engineFiles), ...limits };
    const results = await runAll(files, options, (result) => say(fileLines(result, paint)));
    writeDurations(root, Object.fromEntries(results.map(({ file, ms }) => [file, ms])));
    for (const line of slowestLines(results, slowest)) say(line);
    for (const line of reminder(results, paint)) say(line);
    close(closingLine(results), interrupted.signal.aborted || results.some((result) => result.problems.length > 0));
  } finally {
    await Promise.all([servers.stop(), engine.stop()]);
  }
}

function close(line: string, failed: boolean): void {
  process.exitCode ??= failed ? exitCodes.failed : exitCodes.ok;
  // For callers that must print it last even after make has added its own error line.
  if (process.env.XNOVU_TEST_CLOSING_FILE) writeFileSync(process.env.XNOVU_TEST_CLOSING_FILE, `${line}\n`);
  process.once("exit", () => say(line));
}

try {
  await run(parseOptions(process.argv.slice(2)));
} catch (error) {
  const hint = error instanceof XnovuError && error.hint ? `\n${error.hint}` : "";
  console.error(error instanceof XnovuError ? `${messageOf(error)}${hint}` : error);
  process.exitCode = error instanceof XnovuError ? error.exitCode : exitCodes.failed;
  if (!(error instanceof XnovuError) || error.exitCode !== exitCodes.usage) say("0 passed, 1 failed");
}
