import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parentPidFile, readPidFile, removePidFile, workerPidFile, writePidFile } from "./pid-file.ts";
import { identityOf } from "./process-identity.ts";

const test = suite("pid file", { folder: "", file: "" });
const parent = () => identityOf(process.ppid);

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "xnovu-pid-"));
  context.file = join(context.folder, "below", "worker-1.json");
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

test("the names are absolute, and differ by port and by role", () => {
  const names = [workerPidFile("state", 1), workerPidFile("state", 2), parentPidFile("state", 1)];
  assert.is(new Set(names).size, 3);
  assert.ok(names.every((name) => name.startsWith("/")));
});

test("it names the process that wrote it, makes its folder, and leaves nothing else there", ({ file }) => {
  assert.is(readPidFile(file), undefined);
  assert.ok(writePidFile(file));
  assert.equal(readPidFile(file), identityOf(process.pid));
  assert.equal(readdirSync(dirname(file)), ["worker-1.json"]);
  removePidFile(file);
  assert.not(existsSync(file));
  removePidFile(file);
});

test("a process that is gone, another with its number, and a damaged file name nobody", ({ file }) => {
  writePidFile(file);
  const own = readFileSync(file, "utf8");
  const texts = [
    JSON.stringify({ pid: 2 ** 22 + 1, startTime: "1" }),
    JSON.stringify({ pid: process.pid, startTime: "1" }),
    JSON.stringify({ pid: process.pid }),
    JSON.stringify({ pid: String(process.pid), startTime: "1" }),
    own.slice(0, own.length / 2),
    "null",
    "",
  ];
  for (const text of texts) {
    writeFileSync(file, text);
    assert.is(readPidFile(file), undefined, text);
  }
});

test("another process's note stays", ({ file }) => {
  writePidFile(file);
  writeFileSync(file, JSON.stringify(parent()));
  removePidFile(file);
  assert.equal(readPidFile(file), parent());
});

test("a folder that cannot be created is reported, not thrown", ({ folder }) => {
  writeFileSync(join(folder, "taken"), "");
  assert.is(writePidFile(join(folder, "taken", "worker-1.json")), false);
});

test.run();
