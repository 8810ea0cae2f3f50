import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../../test/support/folder.ts";
import { filesBelow, settleKeys } from "./app.ts";

const folder = temporaryFolder("xnovu-keys-");
test.after(() => folder.remove());

/** The part of Next's output that contains keys, with `digit` in place of random digits. */
function built(name: string, digit: string, page = "<p>page</p>"): string {
  const path = join(folder.path, name);
  mkdirSync(join(path, "server"), { recursive: true });
  const preview = {
    previewModeId: `a${digit.repeat(31)}`,
    previewModeSigningKey: `b${digit.repeat(63)}`,
    previewModeEncryptionKey: `c${digit.repeat(63)}`,
  };
  const encryptionKey = Buffer.alloc(32, digit).toString("base64");
  writeFileSync(join(path, "prerender-manifest.json"), JSON.stringify({ version: 4, preview }));
  writeFileSync(join(path, "server/preview-props.json"), JSON.stringify(preview));
  writeFileSync(join(path, "server/server-reference-manifest.json"), JSON.stringify({ node: {}, encryptionKey }));
  writeFileSync(join(path, "server/page.html"), page);
  settleKeys(path);
  return path;
}
const contents = (path: string) =>
  filesBelow(path).map((file) => [file.slice(path.length), readFileSync(file, "utf8")]);
const keysOf = (path: string) =>
  Object.values(JSON.parse(readFileSync(join(path, "server/preview-props.json"), "utf8")) as Record<string, string>);

test("two builds of the same sources become equal, whatever keys they were given", () => {
  const [one, two] = [built("one", "1"), built("two", "2")];
  assert.equal(contents(one), contents(two));
  assert.equal(
    keysOf(one).map((key) => key.length),
    [32, 64, 64],
  );
  assert.is(new Set(keysOf(one).map((key) => key.slice(0, 32))).size, 3);
});

test("another build has other keys", () => {
  const [one, other] = [built("three", "3"), built("four", "3", "<p>another page</p>")];
  keysOf(other).forEach((key, index) => {
    assert.is.not(key, keysOf(one)[index]);
  });
});

test("keys that are not where they were are an error, not a build that differs each time", () => {
  const path = join(folder.path, "moved");
  mkdirSync(join(path, "server"), { recursive: true });
  writeFileSync(join(path, "prerender-manifest.json"), JSON.stringify({ preview: {} }));
  writeFileSync(join(path, "server/server-reference-manifest.json"), "{}");
  assert.throws(() => settleKeys(path), /adapt scripts\/compile\/app\.ts/);
});

test.run();
