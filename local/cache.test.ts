import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cacheFolder, fillOnce } from "./cache.ts";
import { withLock } from "./lock.ts";

const folder = mkdtempSync(join(tmpdir(), "xnovu-cache-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const quiet = () => undefined;

test("the cache is where XDG_CACHE_HOME says, else below the home folder", () => {
  assert.is(cacheFolder({ XDG_CACHE_HOME: "/c" }), "/c/xnovu");
  assert.match(cacheFolder({}), /\.cache\/xnovu$/);
});

test("a folder is filled whole or not at all, and the first one stays", async () => {
  const target = join(folder, "tool");
  const fill = (text: string) => fillOnce(target, async (path) => writeFileSync(join(path, "file"), text));
  const failing = fillOnce(target, async (path) => {
    writeFileSync(join(path, "file"), "half");
    throw new Error("no space left");
  });
  await failing.then(
    () => assert.unreachable("no error"),
    (error: unknown) => assert.match(String(error), "no space left"),
  );
  assert.equal(readdirSync(folder), []);
  await Promise.all([fill("one"), fill("one")]);
  await fill("two");
  assert.is(readFileSync(join(target, "file"), "utf8"), "one");
  assert.equal(readdirSync(folder), ["tool"]);
});

test("the lock admits one process at a time, and the other learns that it waits", async () => {
  const seen: string[] = [];
  const enter = (name: string) =>
    withLock(
      join(folder, "lock"),
      () => seen.push(`${name} waits`),
      async () => {
        seen.push(`${name} in`);
        await sleep(100);
        seen.push(`${name} out`);
      },
    );
  await Promise.all([enter("a"), enter("b")]);
  assert.equal(seen, ["a in", "b waits", "a out", "b in", "b out"]);
});

test("a lock whose holder died is taken over", async () => {
  const path = join(folder, "dead.lock");
  writeFileSync(path, "1");
  utimesSync(path, new Date(0), new Date(0));
  assert.is(await withLock(path, quiet, async () => "in"), "in");
});

test.run();
