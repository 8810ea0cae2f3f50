import { parseEnv } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { SettingsError } from "../errors.ts";
import { envExample } from "./env-example.ts";
import { parse } from "./parse.ts";
import { type Group, type Variable, variables } from "./variables.ts";

const groups = Object.keys(variables) as Group[];
const all = Object.values(variables).flatMap((group) => Object.values<Variable<unknown>>(group));
const copied = parseEnv(envExample());

test("copied unchanged, the required settings are missing and nothing else is wrong", () => {
  try {
    parse(copied, groups);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, SettingsError);
    const missing = all.filter(({ required }) => required).map((v) => `${v.env} is missing: ${v.about}`);
    assert.equal((error as SettingsError).problems, missing);
  }
});

test("each setting stands in it once, and a line whose # is taken away says the default", () => {
  const opened = parseEnv(envExample().replace(/^# ([A-Z_]+=)/gm, "$1"));
  assert.equal(Object.keys(opened).sort(), all.map(({ env }) => env).sort());
  const needed = { NOVU_SECRET_KEY: "k", DATABASE_URL: "postgres://h/d" };
  assert.equal(parse({ ...opened, ...needed }, groups), parse(needed, groups));
});

test("each secret names its file variant", () => {
  for (const { env, secret } of all) assert.is(envExample().includes(`${env}_FILE`), secret === true, env);
});

test.run();
