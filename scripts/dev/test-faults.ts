// `make test-faults`: runs every test of a numbered fault and prints a line for each fault. Results go to stdout, the runner's output to stderr.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "../../test/support/folder.ts";
import { faultTotal, type Note, reportLines } from "./fault-report.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Test files that hold a test of a fault, wherever below test/ they lie. */
function filesOfFaults(folder = "test"): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return filesOfFaults(path);
    return entry.name.endsWith(".test.ts") && readFileSync(join(root, path), "utf8").includes("faultTest(")
      ? [path]
      : [];
  });
}

function runTests(notes: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ["--import", "tsx", "test/run.ts", ...args], {
    cwd: root,
    env: { ...process.env, XNOVU_FAULT_NOTES: notes },
    stdio: ["ignore", 2, 2],
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once("exit", (code) => resolve(code ?? 1)));
}

const folder = temporaryFolder("xnovu-faults-");
try {
  const notes = join(folder.path, "notes");
  const code = await runTests(notes, [
    "--jobs",
    process.env.XNOVU_FAULT_JOBS ?? "3",
    ...process.argv.slice(2),
    ...filesOfFaults(),
  ]);
  const found = existsSync(notes) ? readFileSync(notes, "utf8").trim().split("\n") : [];
  const { lines, failed } = reportLines(found.map((line) => JSON.parse(line) as Note));
  for (const line of lines) console.log(line);
  // Every test may have held while a file failed as a whole, such as by a process left behind.
  const more = failed === 0 && code !== 0 ? 1 : 0;
  if (more > 0) console.log("the test run failed beside its tests: see above");
  console.log(`${faultTotal - failed} passed, ${failed + more} failed`);
  process.exitCode = failed + more > 0 ? 1 : 0;
} finally {
  folder.remove();
}
