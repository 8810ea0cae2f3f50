import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

const fixture = fileURLToPath(new URL("log.fixture.ts", import.meta.url));

/** `to` is where a shell sends its stdout. */
async function run(count: number, secrets: readonly string[], to?: string) {
  const args = ["--import", "tsx", fixture, String(count), JSON.stringify(secrets)];
  // The exit code goes to stderr: a shell's pipeline would report the reader's.
  const child = to
    ? spawn("sh", ["-c", `{ "$@"; echo "exit $?" >&2; } ${to}`, "sh", process.execPath, ...args])
    : spawn(process.execPath, args);
  const texts = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    texts.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    texts.err += text;
  });
  const [code]: unknown[] = await once(child, "close");
  return { code, ...texts };
}

test("each event is one JSON line with its level, time and process, and no secret is in any", async () => {
  const secrets = ["sk-live-1", 'with "quotes" and \\', "-----BEGIN KEY-----\nabc\n-----END KEY-----"];
  const { code, out, err } = await run(2, secrets);
  assert.is(code, 0, err);
  const lines = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.is(lines.length, 3);
  assert.equal(lines[0].secrets, ["****", "****", "****"]);
  assert.is(lines[0].name, "fixture");
  assert.match(lines[0].time, /^\d{4}-\d\d-\d\dT/);
  assert.type(lines[0].pid, "number");
  assert.match(lines[2].err.stack, /broke with \*{4}/);
  for (const part of ["sk-live", "quotes", "abc"]) assert.not.match(out, part);
});

test("a reader that goes away does not end the process", async () => {
  const { err } = await run(500, ["none"], "| head -c1");
  assert.match(err, "reached the end");
  assert.match(err, "exit 0");
});

test("a disk that is full does not end the process", async () => {
  if (process.platform !== "linux") return;
  const { err } = await run(500, ["none"], "> /dev/full");
  assert.match(err, "reached the end");
  assert.match(err, "exit 0");
});

test.run();
