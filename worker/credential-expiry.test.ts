import { test } from "uvu";
import * as assert from "uvu/assert";
import { credentialExpiry } from "./credential-expiry.ts";

const token = (claims: unknown) =>
  ["e30", Buffer.from(JSON.stringify(claims)).toString("base64url"), "signature"].join(".");

test("an API key that is a JSON Web Token tells its end", () => {
  assert.equal(credentialExpiry({ apiKey: token({ exp: 1_900_000_000 }), tlsCa: undefined, tlsCert: undefined }), {
    "temporal-api-key": 1_900_000_000,
  });
});

test("what does not say when it ends, or cannot be read, is left out", () => {
  const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
  for (const apiKey of [undefined, "plain", "a.b.c", token({}), token({ exp: "soon" })])
    assert.equal(credentialExpiry({ apiKey, tlsCa: broken, tlsCert: "-----BEGIN X-----" }), {});
});

test.run();
