import { test } from "uvu";
import * as assert from "uvu/assert";
import { renderEmail } from "./email.ts";
import { safeUrl } from "./html.ts";

const hostile = `</title><script>alert(1)</script><img src=x onerror="a">'&`;

test("text from a producer never becomes markup", () => {
  const html = renderEmail(
    {
      subject: hostile,
      body: hostile,
      preheader: hostile,
      action: { label: hostile, url: "https://a.example/?q=1&r=%22" },
    },
    { brand: hostile, footer: hostile, language: `en" onload="x` },
  );
  assert.not.match(html, /<script|<img|onload/);
  const escaped =
    "&lt;/title&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&quot;a&quot;&gt;&#39;&amp;";
  // title, heading, body, preheader, label, brand, footer
  assert.is(html.split(escaped).length - 1, 7);
  assert.match(html, '<html lang="en">');
  assert.match(html, 'href="https://a.example/?q=1&amp;r=%22"');
});

test("a quote in a URL cannot end its attribute", () => {
  const html = renderEmail({
    subject: "s",
    body: "b",
    action: { label: "l", url: `mailto:a@b.example?subject="><b>x` },
  });
  assert.not.match(html, "<b>");
});

test("a button links to http, https and mailto only", () => {
  for (const url of [
    "javascript:alert(1)",
    " JaVaScRiPt:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "/x",
    "x",
  ]) {
    assert.is(safeUrl(url), undefined, url);
    assert.not.match(renderEmail({ subject: "s", body: "b", action: { label: "l", url } }), "<a ");
  }
  for (const url of ["http://a.example/", "https://a.example/b?c=d", "mailto:a@b.example"])
    assert.is(safeUrl(url), url);
});

test("empty lines separate paragraphs, line breaks are kept", () => {
  const html = renderEmail({ subject: "s", body: "\n one\r\ntwo \n \n\n three" });
  const texts = [...html.matchAll(/<p [^>]*>(.*?)<\/p>/g)].map((m) => m[1]);
  assert.equal(texts, ["one<br>two", "three"]);
});

test("absent parts render nothing", () => {
  const html = renderEmail({ subject: "s", body: "b" }, { brand: "", footer: "" });
  assert.not.match(html, /undefined|<a |display:none/);
  assert.is(html.match(/<p /g)?.length, 1);
});

test.run();
