import { test } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../core/errors.ts";
import { childEnvironment, unusedSettings } from "./environment.ts";
import { condense } from "./log-lines.ts";
import { defaultPorts, maxOffset, portsAt, stackPaths } from "./ports-and-paths.ts";

test("an offset moves every port, and none above 65535", () => {
  assert.equal(portsAt(0), defaultPorts);
  const moved = portsAt(100);
  assert.is(moved.app, 4100);
  assert.is(moved.postgres, 54420);
  assert.is(Math.max(...Object.values(portsAt(maxOffset))), 65_535);
  for (const wrong of [-1, 1.5, Number.NaN, maxOffset + 1])
    assert.throws(
      () => portsAt(wrong),
      (e: unknown) => e instanceof UsageError,
    );
});

test("a relative state folder is below the root, an absolute one is used as it is", () => {
  assert.is(stackPaths("/work", ".xnovu").stateFile, "/work/.xnovu/stack.json");
  assert.is(stackPaths("/work", "/elsewhere").logs, "/elsewhere/logs");
});

const facts = {
  ports: portsAt(100),
  databaseUrl: "postgresql://own",
  novuKey: "own-key",
  operatorKey: "operator-key-of-the-stack",
  stateDir: "/s",
};

test("the parts get the addresses of the stack's services and the caller's other settings", () => {
  const env = childEnvironment(
    {
      DATABASE_URL: "postgresql://production",
      DATABASE_URL_FILE: "/run/secrets/url",
      NOVU_SECRET_KEY: "production",
      NOVU_API_URL: "https://api.novu.co",
      TEMPORAL_ADDRESS: "cloud:7233",
      TEMPORAL_API_KEY: "t",
      TEMPORAL_TLS_CERT_FILE: "/c",
      NEXT_PUBLIC_SUPABASE_URL: "https://x.supabase.co",
      HOSTNAME: "laptop",
      POLL_BATCH_SIZE: "7",
      XNOVU_LEASE_MS: "9000",
    },
    facts,
  );
  const expected: Record<string, string | undefined> = {
    DATABASE_URL: "postgresql://own",
    DATABASE_URL_FILE: undefined,
    NOVU_SECRET_KEY: "own-key",
    NOVU_API_URL: "http://127.0.0.1:3103",
    XNOVU_INBOX_URL: "http://127.0.0.1:3103",
    TEMPORAL_ADDRESS: "127.0.0.1:7333",
    TEMPORAL_API_KEY: undefined,
    TEMPORAL_TLS_CERT_FILE: undefined,
    NEXT_PUBLIC_SUPABASE_URL: undefined,
    HOSTNAME: "127.0.0.1",
    PORT: "4100",
    WORKER_HEALTH_PORT: "3101",
    POLL_BATCH_SIZE: "7",
    XNOVU_LEASE_MS: "9000",
  };
  for (const [name, value] of Object.entries(expected)) assert.is(env[name], value, name);
});

test("ignored settings are listed; empty ones and those that apply are not", () => {
  const set = { DATABASE_URL: "x", NOVU_SECRET_KEY_FILE: "/f", TEMPORAL_TLS: "", POLL_INTERVAL_MS: "5", HOSTNAME: "h" };
  assert.equal(unusedSettings(set), ["DATABASE_URL", "NOVU_SECRET_KEY_FILE"]);
});

test("log lines are condensed, and lines for the file only are dropped", () => {
  assert.is(
    condense("worker", '{"level":30,"time":"t","pid":1,"name":"worker","msg":"delivered","sent":3,"dead":0}'),
    "delivered sent=3",
  );
  assert.is(condense("worker", '{"level":40,"msg":"slow","error":"e"}'), "WARN slow error=e");
  assert.is(condense("novu", '{"time":"t","level":"info","message":"Synced"}'), "Synced");
  assert.is(condense("app", "{not json"), "{not json");
  assert.is(condense("postgres", "2026 [1] LOG:  ready"), undefined);
  assert.is(condense("postgres", "2026 [1] ERROR:  no"), "2026 [1] ERROR:  no");
  assert.is(condense("temporal", 'time=1 level=WARN msg="x" error="e"'), undefined);
});

test.run();
