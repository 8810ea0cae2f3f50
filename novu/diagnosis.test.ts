import { test } from "uvu";
import * as assert from "uvu/assert";
import { HttpStatusError } from "../core/diagnosis/category.ts";
import { diagnoseNovu } from "./diagnosis.ts";

test("each status of Novu has its hint, and no reply points to the address", () => {
  const table: [unknown, string, RegExp, RegExp][] = [
    [
      new HttpStatusError(401, "API Key not found"),
      "refused our credentials",
      /refuses the key \(HTTP 401: API/,
      /SECRET/,
    ],
    [new HttpStatusError(402), "answered with an error", /responds with HTTP 402$/, /plan/],
    [new HttpStatusError(429), "answered with an error", /HTTP 429/, /rate/],
    [new HttpStatusError(503), "answered with an error", /HTTP 503/, /status page/],
    [new HttpStatusError(404), "answered with an error", /HTTP 404/, /NOVU_API_URL/],
    [
      Object.assign(new Error("detail"), { code: "ECONNREFUSED" }),
      "connection refused",
      /reached: detail/,
      /NOVU_API_URL/,
    ],
  ];
  for (const [error, category, message, hint] of table) {
    const diagnosis = diagnoseNovu(error, "https://novu.example");
    assert.is(diagnosis.category, category);
    assert.match(diagnosis.message, message);
    assert.match(diagnosis.hint, hint);
  }
});

test.run();
