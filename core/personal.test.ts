import { test } from "uvu";
import * as assert from "uvu/assert";
import { maskPersonal } from "./personal.ts";

const logged = (text: string): string => JSON.parse(maskPersonal(JSON.stringify({ error: text }))).error;

test("addresses and numbers of people are taken out, wherever they stand", () => {
  const table: [string, string][] = [
    ["ada@example.com", "****"],
    ["no mailbox <ada.l+x@mail.example.co.uk>, sorry", "no mailbox <****>, sorry"],
    ["to:ada@example.com", "to:****"],
    ["first line\nada@example.com", "first line\n****"],
    ["\u0001ada@example.com\\", "\u0001****\\"],
    ["GET /v1/subscribers/ada@example.com", "GET /v1/subscribers/****"],
    ["GET /v1/subscribers/ada%40example.com", "GET /v1/subscribers/****"],
    ["jürgen@exämple.de", "****"],
    ["+4915112345678", "****"],
    ["line\n+49 (151) 123-456 78.", "line\n****."],
  ];
  for (const [text, shown] of table) assert.is(logged(text), shown);
});

test("what is no person's stays", () => {
  for (const text of [
    "postgres://user@db.example.com:5432/notify",
    "postgres://user:****@db.example.com/notify",
    "at run (/app/node_modules/.pnpm/uvu@0.5.6/node_modules/uvu/dist/index.mjs:78:5)",
    "2026-01-02T03:04:05.678+00:00",
    "1.5e+21",
    "listening on http://0.0.0.0:3001/health",
  ])
    assert.is(logged(text), text);
});

test("of what Novu answered only the status stays", () => {
  assert.is(
    logged('Novu does not reply: Novu answered 500: {"echo":"Dear Ada"}'),
    "Novu does not reply: Novu answered 500",
  );
  assert.is(maskPersonal('{"reason":"Novu answered 401: no","ms":3}'), '{"reason":"Novu answered 401","ms":3}');
});

test.run();
