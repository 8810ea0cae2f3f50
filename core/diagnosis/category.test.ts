import { connect } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { SettingsError } from "../errors.ts";
import { categoryOf, HttpStatusError } from "./category.ts";

const withCode = (code: string, message = "secret detail") => Object.assign(new Error(message), { code });

test("each error maps to a category of the closed list", () => {
  const table: [unknown, string][] = [
    [withCode("ECONNREFUSED"), "connection refused"],
    [new TypeError("fetch failed", { cause: withCode("ENOTFOUND") }), "host not found"],
    [new AggregateError([withCode("EWHATEVER"), withCode("ECONNREFUSED")]), "connection refused"],
    [new DOMException("x", "TimeoutError"), "timed out"],
    [new DOMException("x", "AbortError"), "timed out"],
    [withCode("28P01", 'password authentication failed for user "joe"'), "refused our credentials"],
    [withCode("3D000"), "no such database"],
    [withCode("57P03"), "starting up or shutting down"],
    [withCode("DEPTH_ZERO_SELF_SIGNED_CERT"), "TLS failed"],
    [new HttpStatusError(401), "refused our credentials"],
    [new HttpStatusError(503), "answered with an error"],
    [new SettingsError(["DATABASE_URL is missing"]), "not configured"],
    [new Error("postgres://joe:secret@db.internal"), "failed"],
    [withCode("toString"), "failed"],
    ["text", "failed"],
    [undefined, "failed"],
  ];
  for (const [error, category] of table) assert.is(categoryOf(error), category, String(error));
});

test("a refused connection to a host name, where Node tries both address families", async () => {
  const error = await new Promise((resolve) => connect({ host: "localhost", port: 1 }).once("error", resolve));
  assert.is(categoryOf(error), "connection refused");
});

test.run();
