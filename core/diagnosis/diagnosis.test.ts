import { test } from "uvu";
import * as assert from "uvu/assert";
import { parse } from "../config/parse.ts";
import { SettingsError } from "../errors.ts";
import { HttpStatusError } from "./category.ts";
import { type Diagnosis, diagnoseProcess } from "./diagnosis.ts";
import { diagnoseSupabase } from "./supabase.ts";
import { diagnoseTemporal, temporalTls } from "./temporal.ts";

const { temporal } = parse({}, ["temporal"]);
const withCode = (code: unknown) => Object.assign(new Error("detail"), { code });
const parts = ({ category, message, hint }: Diagnosis) => `${category} | ${message} | ${hint}`;

test("Temporal: a missing namespace, refused credentials, and a server that cannot be reached", () => {
  const say = (code: unknown) => parts(diagnoseTemporal(withCode(code), temporal));
  assert.match(say(5), /has no namespace "xnovu" \| Create it \(temporal operator namespace create -n xnovu\)/);
  for (const code of [7, 16]) assert.match(say(code), /^refused our credentials \| .*detail \| Check TEMPORAL_API_KEY/);
  assert.match(say("ECONNREFUSED"), /^connection refused \| .*cannot be reached: detail \| .*TEMPORAL_TLS=true/);
  const tls = parts(diagnoseTemporal(withCode(14), { ...temporal, tls: true }));
  assert.match(tls, /TEMPORAL_TLS=false/);
});

test("TLS to Temporal is off by request, on with a key or a certificate, and otherwise left to the SDK", () => {
  assert.is(temporalTls({ ...temporal, tls: false, apiKey: "k" }), false);
  assert.is(temporalTls(temporal), undefined);
  assert.equal(temporalTls({ ...temporal, apiKey: "k" }), {});
  assert.equal(Object.keys(temporalTls({ ...temporal, tlsCert: "c", tlsKey: "k" }) || {}), ["clientCertPair"]);
});

test("Supabase: refused key, another server, no response", () => {
  const say = (error: unknown) => parts(diagnoseSupabase(error, "https://p.example"));
  assert.match(
    say(new HttpStatusError(401, "Invalid API key")),
    /^refused our .*\(HTTP 401: Invalid API key\) \| Set SUPA/,
  );
  assert.match(
    say(new HttpStatusError(404)),
    /^answered with an error \| https:\/\/p\.example responds with HTTP 404 \|/,
  );
  assert.match(say(withCode("ENOTFOUND")), /^host not found \| .*cannot be reached: detail \|/);
});

test("a bad setting carries its own hint", () => {
  assert.match(
    parts(diagnoseProcess(new SettingsError(["PORT is bad"]))),
    /^not configured \| .*PORT is bad \| Set them/s,
  );
  assert.match(parts(diagnoseProcess(new Error("bug"))), "failed | bug | See the log.");
});

test.run();
