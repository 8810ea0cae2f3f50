import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../support/folder.ts";
import { slowFiles } from "./slow-files.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
const folder = temporaryFolder("xnovu runner ");
// Fixtures find uvu as the project does; in the temporary folder there is nothing to resolve it from.
const uvu = JSON.stringify(import.meta.resolve("uvu"));
const uvuAssert = JSON.stringify(import.meta.resolve("uvu/assert"));
const head = `import { test } from ${uvu};\nimport * as assert from ${uvuAssert};\n`;

test.after(() => folder.remove());

interface Outcome {
  readonly code: number | null;
  readonly text: string;
  readonly last: string;
}

let made = 0;

function fixtures(files: Readonly<Record<string, string>>): string {
  const root = join(folder.path, `case ${++made}`);
  mkdirSync(root);
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  for (const [name, body] of Object.entries(files)) writeFileSync(join(root, `${name}.test.ts`), head + body);
  return root;
}

const command = ["--import", import.meta.resolve("tsx"), join(project, "test/run.ts")];
const environment = (root: string) => ({ ...process.env, XNOVU_TEST_ROOT: root, XNOVU_TEST_CLOSING_FILE: "" });

function run(root: string, ...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [...command, ...args], { env: environment(root) }, (_, stdout, stderr) => {
      const last = stdout.trimEnd().split("\n").at(-1) ?? "";
      resolve({ code: child.exitCode, text: stdout + stderr, last });
    });
  });
}

const runOne = (body: string, ...args: string[]) => run(fixtures({ one: body }), ...args);

test("passing files are counted by test, one line each", async () => {
  const root = fixtures({
    one: "test('a', () => {}); test('b', () => {}); test.run();",
    two: "test('c', () => {}); test.run();",
  });
  const { code, text, last } = await run(root);
  assert.is(code, 0, text);
  assert.is(last, "3 passed, 0 failed");
  assert.match(text, /ok {3}one\.test\.ts {2}2 passed/);
  assert.match(text, /ok {3}two\.test\.ts {2}1 passed/);
});

test("a failing test shows its output and fails the run", async () => {
  const { code, text, last } = await runOne("test('a', () => {}); test('sum', () => assert.is(1, 2)); test.run();");
  assert.is(code, 1);
  assert.is(last, "1 passed, 1 failed");
  assert.match(text, /FAIL one\.test\.ts/);
  assert.match(text, '"sum"');
});

test("skipped tests are counted loudly", async () => {
  const { code, text, last } = await runOne("test('a', () => {}); test.skip('later', () => {}); test.run();");
  assert.is(code, 0);
  assert.is(last, "1 passed, 0 failed, 1 skipped");
  assert.match(text, "SKIPPED: 1 in one.test.ts");
});

const red = [
  ["a forgotten test.run()", "test('a', () => {});", "test.run() is missing"],
  ["a file without a test", "test.run();", "no test was run"],
  ["an exit in the middle", "test('a', () => process.exit(0)); test.run();", "no summary"],
  ["a file that does not load", "import './nowhere.ts';", "exit code 1"],
  [
    "an exit code of its own after failed tests",
    "test('a', () => assert.ok(false)); test.run(); process.on('exit', () => { process.exitCode = 0; });",
    "1 of 1 tests failed",
  ],
  [
    "a second test.run() after an await, which would hide the first one's failures",
    "test('a', () => {}); test.run(); await new Promise((r) => setTimeout(r, 200)); test('b', () => {}); test.run();",
    "more than one summary",
  ],
  ["a crash by signal", "test('a', () => process.kill(process.pid, 'SIGKILL')); test.run();", "ended by SIGKILL"],
] as const;

test(`red are: ${red.map(([name]) => name).join("; ")}`, async () => {
  const { code, text, last } = await run(fixtures(Object.fromEntries(red.map(([, body], i) => [`red-${i}`, body]))));
  assert.is(code, 1, text);
  for (const [i, [name, , reason]] of red.entries()) {
    const failedLine = text.split("\n").find((line) => line.startsWith(`failed: red-${i}.test.ts: `)) ?? "";
    assert.match(text, `FAIL red-${i}.test.ts`);
    assert.match(failedLine, reason, `${name}: ${failedLine}`);
  }
  assert.match(last, new RegExp(`^\\d passed, ${red.length} failed$`));
});

test("a file that does not end is killed at its limit, with what it started", async () => {
  const pidFile = join(folder.path, "hanging.pid");
  const { code, text, last } = await runOne(
    `import { spawn } from "node:child_process"; import { writeFileSync } from "node:fs";
     const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
     writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));
     test('a', () => {}); test.run(); setInterval(() => {}, 1000);`,
    "--timeout",
    "2",
  );
  assert.is(code, 1);
  assert.is(last, "1 passed, 1 failed");
  assert.match(text, "did not end within 2 s");
  assert.not(await lives(pidFile));
});

const hang = "new Promise(() => setInterval(() => {}, 1000))";

test("a test that hangs is named at its own limit, and the tests after it still run", async () => {
  const { code, text, last } = await runOne(
    `test('a', () => {}); test('b', () => ${hang}); test('c', () => {}); test.run();`,
    "--test-timeout",
    "1",
  );
  assert.is(code, 1, text);
  assert.is(last, "2 passed, 1 failed");
  assert.match(text, 'test "b" of one.test.ts exceeded 1 s');
});

test("a hook that hangs is named", async () => {
  const hooks = ["before", "before.each", "after", "after.each"];
  const files = hooks.map((hook) => [hook, `test.${hook}(() => ${hang}); test('a', () => {}); test.run();`]);
  const { code, text } = await run(fixtures(Object.fromEntries(files)), "--test-timeout", "1");
  assert.is(code, 1, text);
  for (const hook of hooks) assert.match(text, `${hook} hook of ${hook}.test.ts exceeded 1 s`);
});

test("a test that never gives way is named when its file is killed", async () => {
  const { text } = await runOne("test('loop', () => { for (;;); }); test.run();", "--timeout", "3");
  assert.match(text, 'killed: it did not end within 3 s (in test "loop")');
});

test("a slow test may ask for a longer limit", async () => {
  const slow = "() => new Promise((r) => setTimeout(r, 1500))";
  const { code, text } = await runOne(
    `import { within } from ${JSON.stringify(pathToFileURL(join(project, "test/support/within.ts")).href)};
     test('a', within(30, ${slow})); test.run();`,
    "--test-timeout",
    "1",
  );
  assert.is(code, 0, text);
});

test("the error of a before hook is printed", async () => {
  const { text } = await runOne(
    "test.before(() => { throw new Error('no server'); }); test('a', () => {}); test.run();",
  );
  assert.match(text, "no server");
});

test("the slowest tests are printed on request", async () => {
  const slow = "test('slow', () => new Promise((r) => setTimeout(r, 300)));";
  const { text } = await runOne(`test('quick', () => {}); ${slow} test.run();`, "--slowest", "1");
  assert.match(text, /^3\d\d ms {2}one\.test\.ts {2}test "slow"$/m);
  assert.not.match(text, "quick");
});

test("a file may ask for a longer limit by a line of its own", async () => {
  const slow = "await new Promise((r) => setTimeout(r, 2500)); test('a', () => {}); test.run();";
  const { code, last } = await runOne(`// time limit: 20 s\n${slow}`, "--timeout", "2");
  assert.is(last, "1 passed, 0 failed");
  assert.is(code, 0);
});

for (const detached of [false, true])
  test(`a process left ${detached ? "in a group of its own" : "behind"} is named, with its port, and killed`, async () => {
    const pidFile = join(folder.path, `left-${detached}.pid`);
    const server = "require('net').createServer().listen(0, '127.0.0.1', () => console.log('up'))";
    const { code, text, last } = await runOne(
      `import { spawn } from "node:child_process"; import { once } from "node:events"; import { writeFileSync } from "node:fs";
       const child = spawn(process.execPath, ["-e", ${JSON.stringify(server)}], { detached: ${detached} });
       await once(child.stdout, "data");
       writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));
       child.unref(); child.stdin.destroy(); child.stdout.destroy(); child.stderr.destroy();
       test('a', () => {}); test.run();`,
    );
    assert.is(code, 1, text);
    assert.is(last, "1 passed, 1 failed");
    assert.match(text, "left running, and killed");
    if (process.platform === "linux") assert.match(text, /createServer.* listening on \d+/);
    assert.not(await lives(pidFile));
  });

test("files run side by side up to --jobs", async () => {
  const body = "test('a', () => new Promise((r) => setTimeout(r, 700))); test.run();";
  const root = fixtures({ one: body, two: body, three: body });
  const begin = Date.now();
  assert.is((await run(root, "--jobs", "3")).last, "3 passed, 0 failed");
  const together = Date.now() - begin;
  const again = Date.now();
  await run(root, "--jobs", "1");
  assert.ok(Date.now() - again > together, "one after the other takes longer");
});

test("patterns narrow the run, and one that matches nothing is red", async () => {
  const root = fixtures({ apple: "test('a', () => {}); test.run();", pear: "test('a', () => {}); test.run();" });
  assert.match((await run(root, "pea")).text, /^ok {3}pear/);
  const { code, text } = await run(root, "plum");
  assert.is(code, 1);
  assert.match(text, "No test file matches plum");
});

test("an unknown flag is refused with the usage", async () => {
  const { code, text } = await runOne("", "--job", "2");
  assert.is(code, 2);
  assert.match(text, "--jobs N");
});

test("the order is longest first from the second run on", async () => {
  const slow = "test('a', () => new Promise((r) => setTimeout(r, 600))); test.run();";
  const root = fixtures({ a: "test('a', () => {}); test.run();", b: slow });
  await run(root, "--jobs", "1");
  assert.match((await run(root, "--jobs", "1")).text, /^ok {3}b[\s\S]*ok {3}a/);
  assert.ok(readFileSync(join(root, "node_modules/.cache/xnovu-test-durations.json"), "utf8").includes("b.test.ts"));
});

test("the files that are listed as slow are there", () => {
  const missing = Object.keys(slowFiles).filter((file) => !existsSync(join(project, file)));
  assert.equal(missing, []);
});

test("Ctrl-C ends the running file and everything it started", async () => {
  const pidFile = join(folder.path, "interrupted.pid");
  const root = fixtures({
    one: `import { spawn } from "node:child_process"; import { writeFileSync } from "node:fs";
      const child = spawn("sleep", ["600"], { detached: true, stdio: "ignore" });
      writeFileSync(${JSON.stringify(pidFile)}, String(child.pid));
      test('a', () => new Promise(() => setInterval(() => {}, 1000))); test.run();`,
  });
  const child = spawn(process.execPath, command, { env: environment(root), stdio: "ignore" });
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  while (!pidIn(pidFile)) await sleep(50);
  child.kill("SIGINT");
  assert.is(await ended, 130);
  assert.not(await lives(pidFile));
});

function pidIn(file: string): number {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return 0;
  }
}

/** A killed process whose parent is gone may stay a moment as a zombie until the system collects it. */
async function lives(file: string): Promise<boolean> {
  const pid = pidIn(file);
  assert.ok(pid > 0);
  await sleep(50);
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

test.run();
