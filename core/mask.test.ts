import { test } from "uvu";
import * as assert from "uvu/assert";
import { maskSecrets, maskUrl } from "./mask.ts";

test("maskUrl hides the password and keeps what people need to see", () => {
  const table: [string, string][] = [
    ["postgresql://u:pw@h:5432/d", "postgresql://u:****@h:5432/d"],
    ["postgres://u:p@ss@h/d", "postgres://u:****@h/d"],
    ["postgres://u:p:w@h/d?options=a@b", "postgres://u:****@h/d?options=a@b"],
    ["postgres://:pw@h/d", "postgres://:****@h/d"],
    ["postgres://u@h/d", "postgres://u@h/d"],
    ["postgres://h:5432/d?x=a@b", "postgres://h:5432/d?x=a@b"],
    ["postgres://h:5432?x=a@b", "postgres://h:5432?x=a@b"],
    ["localhost:7233", "localhost:7233"],
  ];
  for (const [url, shown] of table) assert.is(maskUrl(url), shown);
});

test("maskSecrets hides every occurrence, and a secret that holds another as a whole", () => {
  assert.is(maskSecrets("a key1 b key1 c", ["key1"]), "a **** b **** c");
  assert.is(maskSecrets("secret-and-more", ["secret", "secret-and-more"]), "****");
  assert.is(maskSecrets("a.b+c axb", ["a.b+c"]), "**** axb");
  assert.is(maskSecrets("cost $& here", ["cost"]), "**** $& here");
});

test("maskSecrets finds a secret as it stands inside JSON", () => {
  const pem = '-----BEGIN "A"-----\nline\\two\n';
  assert.is(maskSecrets(JSON.stringify({ pem }), [pem]), '{"pem":"****"}');
});

test("a secret too short to be one is left", () => assert.is(maskSecrets("an a", ["", "a", "an", "abc"]), "an a"));

test.run();
