import { suite } from "uvu";
import * as assert from "uvu/assert";
import { databaseAddress } from "./database-url.ts";

const test = suite("database address");

const read = (text: string) => {
  const found = databaseAddress(text);
  if (typeof found === "string") throw new Error(found);
  const { host, port, user, password, database, sslMode } = found;
  return [host, port, user, password, database, sslMode];
};

test("reads what libpq reads", () => {
  const table: [string, unknown[]][] = [
    ["postgresql://u:p@db.example:6432/app", ["db.example", 6432, "u", "p", "app", undefined]],
    ["postgres://u:p@db.example/app?sslmode=require", ["db.example", 5432, "u", "p", "app", "require"]],
    ["postgresql://u:p%23%3F%2F%25%40@h/app", ["h", 5432, "u", "p#?/%@", "app", undefined]],
    ["postgresql://u:p@[::1]:5433/app", ["::1", 5433, "u", "p", "app", undefined]],
    [
      "postgresql:///app?host=/var/run/postgresql",
      ["/var/run/postgresql", 5432, undefined, undefined, "app", undefined],
    ],
    ["postgresql://u@/app?host=/tmp&port=5999", ["/tmp", 5999, "u", undefined, "app", undefined]],
    [
      "postgresql://%2Fvar%2Frun%2Fpostgresql/app",
      ["/var/run/postgresql", 5432, undefined, undefined, "app", undefined],
    ],
    ["postgresql://h", ["h", 5432, undefined, undefined, undefined, undefined]],
    ["postgresql://", ["localhost", 5432, undefined, undefined, undefined, undefined]],
    ["postgresql://u:p@h/app?ssl=true", ["h", 5432, "u", "p", "app", "require"]],
    ["postgresql://u:a:b@h/app", ["h", 5432, "u", "a:b", "app", undefined]],
  ];
  for (const [text, expected] of table) assert.equal(read(text), expected, text);
});

test("names what is wrong, and never shows the password", () => {
  const table: [string, RegExp][] = [
    ["mysql://u:p@h/app", /not an address such as postgresql:/],
    ["postgresql://u:se#cret@h/app", /holds "#"; write it as %23/],
    ["postgresql://u:se?cret@h/app", /holds "\?"; write it as %3F/],
    ["postgresql://u:se/cret@h/app", /holds "\/"; write it as %2F/],
    ["postgresql://u:se@cret@h/app", /holds "@"; write it as %40/],
    ["postgresql://u:se cret@h/app", /holds a space; write it as %20/],
    ["postgresql://u:100%cret@h/app", /holds "%"; write it as %25/],
    ["postgresql://u:p@h1:5432,h2:5432/app", /several hosts, which is not supported/],
    ["postgresql://u:p@h:port/app", /the host or the port cannot be read/],
    ["postgresql://u:p@h:70000/app", /the host or the port cannot be read/],
    ["postgresql://u:p@h/app?sslmode=on", /unknown sslmode: use one of disable, allow/],
  ];
  for (const [text, problem] of table) {
    const found = databaseAddress(text);
    assert.type(found, "string", text);
    assert.match(String(found), problem, text);
    assert.not.match(String(found), /cret/, text);
  }
});

test.run();
