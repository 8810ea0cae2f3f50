import { pino } from "pino";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { SettingsError } from "../../../core/errors.ts";
import { Problem, replyProblem } from "./problem.ts";
import { problemFrom } from "./problem-from-error.ts";

const lines: string[] = [];
const log = pino({}, { write: (line: string) => void lines.push(line) });
const withCode = (code: string) => Object.assign(new Error("secret detail"), { code });

test("an unavailable database and missing settings are 503, a bug is 500; details are in the log only", () => {
  const table: [unknown, number][] = [
    [withCode("ECONNREFUSED"), 503],
    [withCode("57P03"), 503],
    [withCode("53100"), 503],
    [withCode("40P01"), 503],
    [new Error("timeout exceeded when trying to connect"), 503],
    [withCode("42P01"), 503],
    [new SettingsError(["DATABASE_URL is missing: secret detail"]), 503],
    [new TypeError("secret detail"), 500],
    ["secret detail", 500],
  ];
  for (const [error, status] of table) {
    lines.length = 0;
    const problem = problemFrom(error, log);
    assert.is(problem.status, status, String(error));
    assert.not.match(problem.message, "secret detail");
    assert.is(problem.headers["Retry-After"], status === 503 ? "5" : undefined);
    assert.is(lines.length, 1);
    assert.match(lines[0] ?? "", /secret detail|timeout exceeded/);
  }
});

test("a problem keeps its text, has the form of RFC 9457, and logs nothing", async () => {
  lines.length = 0;
  const problem = new Problem(422, { detail: "payload is missing.", pointer: "/payload", headers: { "X-A": "b" } });
  assert.is(problemFrom(problem, log), problem);
  const response = replyProblem(problem);
  assert.equal(await response.json(), {
    title: "Unprocessable Entity",
    status: 422,
    detail: "payload is missing.",
    pointer: "/payload",
  });
  assert.equal(
    ["content-type", "cache-control", "x-a"].map((name) => response.headers.get(name)),
    ["application/problem+json", "no-store", "b"],
  );
  assert.is(lines.length, 0);
});

test.run();
