import { test } from "uvu";
import * as assert from "uvu/assert";
import { diagnosePostgres, explainPostgres } from "./diagnosis.ts";

const url = "postgresql://joe:secret@db.internal/app";
const withCode = (code: string, message = "detail") => Object.assign(new Error(message), { code });

test("each cause outside the code has its message and its hint, without the password", () => {
  const table: [unknown, RegExp, RegExp][] = [
    [withCode("ECONNREFUSED"), /joe:\*{4}@db\.internal\/app cannot be reached: detail/, /DATABASE_URL is right/],
    [new DOMException("no response within 5 ms", "TimeoutError"), /cannot be reached: no response/, /is up/],
    [withCode("28P01"), /refused the connection: detail/, /the password/],
    [withCode("3D000"), /refused the connection/, /database name/],
    [withCode("42P01"), /tables are missing or older/, /migrate up/],
    [withCode("42501", "permission denied"), /^permission denied$/, /owner of schema notify/],
    [
      withCode("08P01", "unsupported startup parameter: statement_timeout"),
      /unsupported startup/,
      /ignore_startup_parameters = statement_timeout/,
    ],
    [withCode("SELF_SIGNED_CERT_IN_CHAIN"), /no connection to the database/, /sslrootcert=.*sslmode=require/],
    [withCode("ERR_TLS_CERT_ALTNAME_INVALID"), /no connection/, /another name/],
    [new Error("The server does not support SSL connections"), /no connection/, /sslmode=disable/],
    [withCode("28000", 'no pg_hba.conf entry for host "::1", no encryption'), /no encryption/, /add sslmode=require/],
    [withCode("08P01", "not allowed in statement pooling mode"), /pooling mode/, /session-mode pooler/],
  ];
  for (const [error, message, hint] of table) {
    const known = explainPostgres(error, url);
    assert.match(known?.message ?? "", message);
    assert.match(known?.hint ?? "", hint);
    assert.not.match(JSON.stringify(known), "secret");
  }
});

test("any other error has no explanation, and its diagnosis points to the database's log", () => {
  assert.is(explainPostgres(withCode("22012"), url), undefined);
  assert.equal(diagnosePostgres(withCode("22012"), url), {
    category: "failed",
    message: "detail",
    hint: "See the log of the database.",
  });
});

test.run();
