import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { temporaryFolder } from "../test/support/folder.ts";
import { buildEnv } from "./app-build.ts";
import { sourcesHash } from "./app-sources.ts";

test("the hash changes with a content, a name, a new and a removed file, and not with tests or other folders", () => {
  const folder = temporaryFolder("xnovu-sources-");
  const write = (path: string, content: string) => {
    mkdirSync(join(folder.path, path, ".."), { recursive: true });
    writeFileSync(join(folder.path, path), content);
    return sourcesHash(folder.path);
  };
  try {
    const first = write("app/page.tsx", "a");
    assert.is(write("app/page.tsx", "a"), first);
    assert.is(write("app/page.test.ts", "t"), first);
    assert.is(write("worker/main.ts", "w"), first);
    const second = write("core/x/y.ts", "");
    assert.is.not(second, first);
    rmSync(join(folder.path, "core/x/y.ts"));
    assert.is(sourcesHash(folder.path), first);
    assert.is.not(write("core/x/z.ts", ""), second);
    assert.is.not(write("app/page.tsx", "b"), first);
  } finally {
    folder.remove();
  }
});

test("a build gets no setting of the machine it runs on", () => {
  const env = buildEnv({ PATH: "/bin", NOVU_SECRET_KEY: "s", NEXT_PUBLIC_SUPABASE_URL: "u", NODE_ENV: "test" });
  assert.equal(env, { PATH: "/bin", NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" });
});

test.run();
