import { test } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../core/errors.ts";
import type { GitState } from "./git-state.ts";
import { loginHost, normalRegistry, repositoryOf } from "./reference.ts";
import { tagsOf } from "./tags.ts";
import { parseVersion } from "./version.ts";

// Written apart from reference.ts, from the grammar in github.com/distribution/reference/reference.go.
const component = "[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*";
const domain =
  "(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?";
const reference = new RegExp(`^(?:${domain}/)?${component}(?:/${component})*:[\\w][\\w.-]{0,127}$`);

test("registries are normalised", () => {
  for (const [typed, normal, host] of [
    ["custom-registry", "custom-registry", ""],
    ["registry.example/team/", "registry.example/team", "registry.example"],
    ["registry.example/team///", "registry.example/team", "registry.example"],
    ["Registry.Example:5000/team", "registry.example:5000/team", "registry.example:5000"],
    ["127.0.0.1:5000/team", "127.0.0.1:5000/team", "127.0.0.1:5000"],
    ["localhost", "localhost", "localhost"],
    ["[::1]:5000/a__b/c-d.e", "[::1]:5000/a__b/c-d.e", "[::1]:5000"],
  ] as const) {
    assert.is(normalRegistry(typed), normal);
    assert.is(loginHost(normal), host);
  }
});

test("registries that no reference can start with are refused with the reason", () => {
  for (const [typed, reason] of [
    ["https://registry.example", /omit https:\/\//],
    ["", /empty/],
    ["/", /empty/],
    ["registry.example/Team", /upper-case/],
    ["Team", /upper-case/],
    ["registry.example/team:v1", /contains a tag/],
    ["registry.example/team@sha256:aa", /contains a tag/],
    ["registry.example//team", /two slashes/],
    ["registry.example/te am", /only lower-case letters/],
    ["registry.example/-team", /only lower-case letters/],
    ["registry.example:99999/team", /host name/],
    ["registry.example:port/team", /host name/],
    ["-x.example/team", /host name/],
  ] as const)
    try {
      normalRegistry(typed);
      assert.unreachable(`${typed} was taken`);
    } catch (error) {
      assert.instance(error, UsageError);
      assert.match(String(error), reason);
    }
});

test("a repository of more than 255 characters is refused", () => {
  assert.throws(() => repositoryOf(`registry.example/${"a".repeat(240)}`, "xnovu"), /more than 255/);
});

/** A repeatable source of numbers (mulberry32), so that a red run can be run again. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("20,000 random tag names: a valid reference or a refusal with exit 2, never an invalid reference", () => {
  const random = randomFrom(20_261_101);
  const below = (limit: number) => Math.floor(random() * limit);
  const alphabet = "abzABZ019._-+/~@ :é\u{1f600}v\n";
  const word = (most: number) =>
    Array.from({ length: below(most) }, () => [...alphabet][below([...alphabet].length)]).join("");
  const versionLike = () =>
    `${random() < 0.7 ? "v" : ""}${below(20)}.${below(20)}.${below(20)}${random() < 0.5 ? `-${"rc.1x-".repeat(below(40))}a` : ""}${random() < 0.5 ? `+${"b5".repeat(below(80))}z` : ""}`;
  const counts = { valid: 0, refused: 0 };
  for (let i = 0; i < 20_000; i++) {
    const state: GitState = {
      sha: Array.from({ length: 40 }, () => "0123456789abcdef"[below(16)]).join(""),
      committedAt: 0,
      dirtyFiles: random() < 0.3 ? ["a"] : [],
      version: parseVersion(random() < 0.8 ? versionLike() : word(20)),
      versionIsHere: true,
      shallow: false,
    };
    const options = {
      ...(random() < 0.5 ? { tag: random() < 0.5 ? word(200) : versionLike() } : {}),
      ...(random() < 0.3 ? { registry: word(30) } : {}),
    };
    try {
      const tags = tagsOf(state, options);
      counts.valid++;
      for (const made of [tags.local, ...tags.remote]) assert.match(made, reference);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      assert.is(error.exitCode, 2);
      counts.refused++;
    }
  }
  // Neither end of the property may be empty.
  assert.ok(counts.valid > 4_000 && counts.refused > 4_000, JSON.stringify(counts));
});

test.run();
