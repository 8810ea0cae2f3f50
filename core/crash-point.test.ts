import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { crashPointProblem, crashPoints } from "./crash-point.ts";

const root = fileURLToPath(new URL("..", import.meta.url));

/** A process that passes points; what it printed before it ended, and how it ended. */
function passing(at: string | undefined, ...calls: readonly string[]) {
  const code = `import { crashPoint } from "./core/crash-point.ts";
    ${calls.map((call, i) => `crashPoint(${call}); process.stdout.write("${i} ");`).join("\n")}`;
  const { XNOVU_CRASH_AT: _, ...env } = process.env;
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "--eval", code],
    { cwd: root, encoding: "utf8", env: { ...env, ...(at === undefined ? {} : { XNOVU_CRASH_AT: at }) } },
  );
  assert.is(stderr, "");
  return { status, signal, passed: stdout };
}
const killed = (passed: string) => ({ status: null, signal: "SIGKILL", passed });
const through = (passed: string) => ({ status: 0, signal: null, passed });

test("without the setting every point is passed", () => {
  assert.equal(passing(undefined, '"after-claim"', '"row", "email"'), through("0 1 "));
});

test("the process is killed at the point that is named, as SIGKILL does, and at no other", () => {
  assert.equal(passing("after-claim", '"before-claim-commit"', '"after-claim"', '"after-claim"'), killed("0 "));
});

test("with a number it is killed at that pass", () => {
  assert.equal(passing("after-claim:3", ...Array.from({ length: 4 }, () => '"after-claim"')), killed("0 1 "));
});

test("row:<workflow> kills at a notification of that workflow", () => {
  assert.equal(passing("row:sms", '"row", "email"', '"after-claim"', '"row", "sms"', '"row", "email"'), killed("0 1 "));
});

test("production refuses the setting, whatever it names; elsewhere the error of an unknown name lists the known ones", () => {
  assert.is(crashPointProblem({}), undefined);
  assert.is(crashPointProblem({ NODE_ENV: "production" }), undefined);
  for (const value of ["after-claim", "", "nonsense"])
    assert.match(crashPointProblem({ NODE_ENV: "production", XNOVU_CRASH_AT: value }) ?? "", /not allowed .* unset it/);
  for (const point of crashPoints)
    for (const value of [point, `${point}:2`])
      assert.is(crashPointProblem({ NODE_ENV: "test", XNOVU_CRASH_AT: value }), undefined, value);
  for (const value of ["", "nonsense", "After-Claim"])
    assert.match(crashPointProblem({ XNOVU_CRASH_AT: value }) ?? "", /one of before-claim-commit, .*row/, value);
});

test("a worker that is started so in production ends with 78, and nothing is connected to", () => {
  const env = {
    ...process.env,
    NODE_ENV: "production" as const,
    XNOVU_CRASH_AT: "after-claim",
    DATABASE_URL: "postgresql://u:p@127.0.0.1:1/d",
    NOVU_SECRET_KEY: "key",
    WORKER_HEALTH_PORT: "1",
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "worker/main.ts"], {
    cwd: root,
    encoding: "utf8",
    env,
  });
  assert.equal([status, stdout], [78, ""]);
  assert.match(stderr, "XNOVU_CRASH_AT is for tests");
});

test.run();
