import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { environment } from "./context.ts";

const test = suite<{ folder: string }>("environment");
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), "xnovu-context-"));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

test("the process's environment wins over .env, and an empty variable does not", ({ folder }) => {
  writeFileSync(join(folder, ".env"), "DATABASE_URL=from-file\nNOVU_API_URL=from-file\nPORT=\n");
  const env = environment({ DATABASE_URL: "", NOVU_API_URL: "from-process" }, folder);
  assert.is(env.DATABASE_URL, "from-file");
  assert.is(env.NOVU_API_URL, "from-process");
  assert.is(env.PORT, undefined);
});

test("the running stack's settings are used only where nothing names a database", ({ folder }) => {
  mkdirSync(join(folder, ".xnovu"));
  writeFileSync(join(folder, ".xnovu/stack.env"), "export DATABASE_URL='of-the-stack'\nexport PORT='4100'\n");
  assert.is(environment({}, folder).DATABASE_URL, "of-the-stack");
  assert.is(environment({ PORT: "9" }, folder).PORT, "9");
  assert.equal(environment({ DATABASE_URL: "mine" }, folder), { DATABASE_URL: "mine" });
  assert.equal(environment({ DATABASE_URL_FILE: "/run/secrets/db" }, folder), { DATABASE_URL_FILE: "/run/secrets/db" });
});

test.run();
