import { test } from "uvu";
import * as assert from "uvu/assert";
import { compareVersions, highest, parseVersion, type Version } from "./version.ts";

const parsed = (text: string): Version => {
  const version = parseVersion(text);
  if (version === undefined) throw new Error(`${text} does not parse`);
  return version;
};

test("semver.org's own order of precedence, and more", () => {
  // Section 11 of the specification.
  const order =
    "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 2.0.0 2.1.0 2.1.1 10.0.0";
  const versions = order.split(" ").map(parsed);
  for (const [i, a] of versions.entries())
    for (const [j, b] of versions.entries())
      assert.is(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a.text} to ${b.text}`);
});

test("numbers beyond a double keep their order", () => {
  assert.ok(compareVersions(parsed("v1.0.90071992547409931"), parsed("v1.0.90071992547409930")) > 0);
});

test("what is not a version to the letter", () => {
  for (const text of [
    "v1",
    "v1.2",
    "v01.2.3",
    "1.2.3.4",
    "v1.2.3-",
    "v1.2.3-01",
    "v1.2.3+",
    "V1.2.3",
    " v1.2.3",
    "v1.2.3\n",
    "deploy-prod",
    "release/v1.2.3",
    "v1.2.3-a_b",
  ])
    assert.is(parseVersion(text), undefined, text);
  for (const text of ["1.2.3", "v0.0.0", "v1.2.3-rc.1+build.5", "v1.2.3-0a", "v1.2.3--"])
    assert.ok(parseVersion(text), text);
});

test("the highest, and one answer among equals", () => {
  const pick = (...texts: string[]) => highest(texts.map(parsed))?.text;
  assert.is(pick("v1.0.0-rc.1", "v1.0.0"), "v1.0.0");
  assert.is(pick("1.0.0", "v1.0.0"), "v1.0.0");
  assert.is(pick("v1.0.0+b", "v1.0.0+a"), "v1.0.0+a");
  assert.is(pick("v1.0.0+a", "1.0.0"), "1.0.0");
  assert.is(highest([]), undefined);
});

test.run();
