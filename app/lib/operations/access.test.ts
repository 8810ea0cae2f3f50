import { test } from "uvu";
import * as assert from "uvu/assert";
import { accessOf, formToken, isOurForm } from "./access.ts";

const env = { XNOVU_OPERATOR_PASSWORD: "a-long-operator-password" };
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

test("without a password, or with one that is too short, the pages are off", () => {
  for (const none of [{}, { XNOVU_OPERATOR_PASSWORD: "" }, { XNOVU_OPERATOR_PASSWORD: "short" }]) {
    assert.is(accessOf(none, null), "off");
    assert.is(accessOf(none, basic("operator:")), "off");
    assert.is(isOurForm(none, "retry 1", formToken(none, "retry 1")), false);
  }
});

test("a missing or wrong login requires a login", () => {
  for (const header of [
    null,
    "",
    "Bearer a-long-operator-password",
    basic("a-long-operator-password"),
    basic("operator:a-long-operator-passwor"),
    basic("admin:a-long-operator-password"),
    "Basic !!!",
  ])
    assert.is(accessOf(env, header), "login", String(header));
  assert.is(accessOf(env, basic("operator:a-long-operator-password")), "granted");
});

test("a form's token is valid only for its own change", () => {
  const token = formToken(env, "retry 1");
  assert.is(isOurForm(env, "retry 1", token), true);
  for (const [change, given] of [
    ["retry 2", token],
    ["retract 1", token],
    ["retry 1", null],
    ["retry 1", ""],
    ["retry 1", formToken({ XNOVU_OPERATOR_PASSWORD: "another-long-password" }, "retry 1")],
  ] as const)
    assert.is(isOurForm(env, change, given), false, change);
});

test.run();
