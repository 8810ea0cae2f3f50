import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { mutants } from "./all.ts";
import { broken } from "./apply.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("every break still applies to the sources, and its test files are there", () => {
  const errors = mutants.flatMap((mutant) => {
    try {
      broken(root, mutant);
      return [];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  });
  assert.equal(errors, []);
});

test("every break has a name of its own", () => {
  assert.is(new Set(mutants.map(({ name }) => name)).size, mutants.length);
});

test.run();
