// time limit: 400 s
// The built app and the inbox in a real browser: light and dark, wide and narrow.

import { type RunningNovu, startNovu } from "@xnovu/novu-emulator";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { chromiumArgs, findChromium } from "../local/chromium.ts";
import { placeApp, type RunningApp, startApp } from "./support/app.ts";
import { type TestDatabase, testDatabase, testPool } from "./support/database.ts";
import { temporaryFolder } from "./support/folder.ts";

const folder = temporaryFolder("xnovu-pages-");
const secretKey = "novu-secret-of-the-pages-test";
const password = "operator-password-of-the-test";
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
const evil = `<script>document.title="taken"</script><img src=x onerror="document.title='taken'">`;
let database: TestDatabase;
let rows: ReturnType<typeof testPool>;
let novu: RunningNovu;
let app: RunningApp;
let browser: Browser;

/** Closes what was started, also when a later start fails. */
const started: (() => Promise<unknown>)[] = [];

test.before(async () => {
  const executablePath = await findChromium((line) => console.error(line));
  browser = await chromium.launch({ executablePath, args: [...chromiumArgs] });
  started.push(() => browser.close());
  database = await testDatabase();
  started.push(() => database.close());
  rows = testPool(database.url);
  started.push(() => rows.end());
  novu = await startNovu({ secretKey });
  started.push(() => novu.close());
  app = await startApp(await placeApp(folder.path), {
    DATABASE_URL: database.url,
    NOVU_SECRET_KEY: secretKey,
    NOVU_API_URL: novu.url,
    XNOVU_INBOX_URL: novu.url,
    XNOVU_OPERATOR_PASSWORD: password,
    XNOVU_TEMPORAL_UI_URL: "http://temporal.example",
  });
  started.push(() => app.child.stop());
});
test.after(async () => {
  for (const end of started.reverse()) await end().catch(console.error);
  folder.remove();
});

interface View {
  readonly scheme: "light" | "dark";
  readonly width: number;
}
const views: readonly View[] = (["light", "dark"] as const).flatMap((scheme) =>
  [1280, 390].map((width) => ({ scheme, width })),
);

/** Opens a page. An error in the browser console fails the test: a script error, a missing or forbidden resource. */
async function visit(view: View, work: (page: Page) => Promise<void>, login = true): Promise<void> {
  const credentials = login ? { httpCredentials: { username: "operator", password } } : {};
  const context: BrowserContext = await browser.newContext({
    colorScheme: view.scheme,
    viewport: { width: view.width, height: 900 },
    ...credentials,
  });
  const consoleErrors: string[] = [];
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => consoleErrors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") consoleErrors.push(message.text());
    });
    await work(page);
    assert.equal(consoleErrors, []);
  } finally {
    await context.close();
  }
}

async function insert(values: {
  enterprise?: string;
  workflow?: string;
  body?: string;
  scheduled?: boolean;
}): Promise<string> {
  const { enterprise = "acme", workflow = "email", body = "Hello", scheduled = true } = values;
  const found = await rows.query<{ id: string }>(
    `INSERT INTO notify.notification (enterprise_id, workflow, recipients, payload, scheduled_for)
     VALUES ($1, $2, '[{"subscriberId":"ada","email":"ada@example.com"}]', jsonb_build_object('body', $3::text), ${scheduled ? "now() + interval '1 day'" : "NULL"}) RETURNING id`,
    [enterprise, workflow, body],
  );
  return found.rows[0]?.id ?? "";
}

async function dead(id: string, error: string): Promise<void> {
  await rows.query(
    `UPDATE notify.notification SET status = 'PROCESSING', attempts = 1, lease_token = gen_random_uuid(), lease_owner = 'w', lease_until = now() + interval '1 minute' WHERE id = $1`,
    [id],
  );
  await rows.query(
    "UPDATE notify.notification SET status = 'DEAD', error = $2, lease_token = NULL, lease_owner = NULL, lease_until = NULL WHERE id = $1",
    [id, error],
  );
}
const statusOf = async (id: string): Promise<string> =>
  (await rows.query<{ status: string }>("SELECT status FROM notify.notification WHERE id = $1", [id])).rows[0]
    ?.status ?? "";

test("every page fits its window, in both colour schemes, without console errors", async () => {
  const id = await insert({ body: "x".repeat(3_000) });
  await dead(id, `refused: ${"a-long-word-without-a-break".repeat(20)}`);
  for (const view of views)
    await visit(view, async (page) => {
      const grounds = new Set<string>();
      for (const address of [app.url, `${app.url}/operations`, `${app.url}/operations/${id}`, novu.url]) {
        const response = await page.goto(address, { waitUntil: "load" });
        assert.is(response?.status(), 200, address);
        const seen = await page.evaluate(() => ({
          over: document.documentElement.scrollWidth - window.innerWidth,
          ground: getComputedStyle(document.body).backgroundColor,
        }));
        assert.ok(seen.over <= 0, `${address} is ${seen.over} pixels wider than ${view.width}`);
        grounds.add(seen.ground);
      }
      const light = [...grounds].map((ground) => Number(/\d+/.exec(ground)?.[0]) > 127);
      assert.ok(
        light.every((one) => one === (view.scheme === "light")),
        `${view.scheme}: ${[...grounds]}`,
      );
    });
});

test("without a login the operations pages show and change nothing", async () => {
  const id = await insert({});
  for (const headers of [new Headers(), new Headers({ authorization: basic("operator:wrong") })])
    for (const [method, path] of [
      ["GET", "/operations"],
      ["GET", `/operations/${id}`],
      ["POST", `/operations/${id}/retract`],
    ] as const) {
      const response = await fetch(`${app.url}${path}`, { method, headers });
      assert.is(response.status, 401, `${method} ${path}`);
      assert.match(response.headers.get("www-authenticate") ?? "", /^Basic realm="XNovu operations"/);
      assert.not.match(await response.text(), "ada");
    }
  assert.is(await statusOf(id), "PENDING");
});

test("a form of another site changes nothing, although the browser sends the login", async () => {
  const id = await insert({});
  const other = await insert({});
  const authorization = basic(`operator:${password}`);
  const page = await (await fetch(`${app.url}/operations/${other}`, { headers: { authorization } })).text();
  const token = /name="token" value="([0-9a-f]+)"/.exec(page)?.[1] ?? "";
  assert.match(token, /^[0-9a-f]{64}$/);
  for (const body of [undefined, new URLSearchParams({ token: "" }), new URLSearchParams({ token })]) {
    const response = await fetch(`${app.url}/operations/${id}/retract`, {
      method: "POST",
      headers: { authorization },
      redirect: "manual",
      ...(body === undefined ? {} : { body }),
    });
    assert.is(response.status, 403);
  }
  assert.is(await statusOf(id), "PENDING");
});

test("a dead letter can be found, read, retried and retracted", async () => {
  const id = await insert({ enterprise: "globex", workflow: "sms", body: evil, scheduled: false });
  await dead(id, `refused: ${evil}`);
  await visit({ scheme: "light", width: 1280 }, async (page) => {
    await page.goto(`${app.url}/operations`);
    await page.getByLabel("Status").selectOption("DEAD");
    await page.getByLabel("Tenant").fill("globex");
    await page.getByRole("button", { name: "Show" }).click();
    await page.waitForURL(/status=DEAD/);
    assert.equal(await page.locator("tbody tr td:first-child").allTextContents(), [id]);
    await page.getByRole("link", { name: id, exact: true }).click();
    await page.getByRole("heading", { name: `Notification ${id}` }).waitFor();
    // Content from producers is shown as text and never becomes markup.
    assert.is(await page.locator("img").count(), 0);
    assert.match((await page.locator(".failure").textContent()) ?? "", "<script>");
    assert.match((await page.locator("pre").textContent()) ?? "", "onerror");
    assert.match(
      (await page.locator(".timeline a").first().getAttribute("href")) ?? "",
      "http://temporal.example/namespaces/xnovu/workflows/xnovu-session-w",
    );

    const early = await page.context().newPage();
    await early.goto(page.url());
    await page.getByRole("button", { name: "Retry" }).click();
    await page.getByText("The notification will be retried.").waitFor();
    assert.is(await statusOf(id), "PENDING");
    await page.getByRole("button", { name: "Retract" }).click();
    await page.getByText("The notification is retracted.").waitFor();
    assert.is(await statusOf(id), "RETRACTED");
    assert.is(await page.getByRole("button", { name: "Retry" }).count(), 0);
    // A page that was loaded before the change: its button has no effect, and the page says so.
    await early.getByRole("button", { name: "Retract" }).click();
    await early.getByText("The notification was not retracted").waitFor();
    assert.not.match(await page.title(), "taken");
  });
});

test("older notifications are on the next page", async () => {
  await rows.query(
    `INSERT INTO notify.notification (enterprise_id, workflow, recipients, payload, scheduled_for)
     SELECT 'many', 'email', '["ada"]', '{}', now() + interval '1 day' FROM generate_series(1, 70)`,
  );
  await visit({ scheme: "dark", width: 390 }, async (page) => {
    const ids = () => page.locator("tbody tr td:first-child").allTextContents();
    await page.goto(`${app.url}/operations?tenant=many`);
    const first = await ids();
    assert.is(first.length, 50);
    await page.getByRole("link", { name: "Older" }).click();
    await page.waitForURL(/before=/);
    const second = await ids();
    assert.is(new Set([...first, ...second]).size, 70);
    assert.is(await page.getByRole("link", { name: "Older" }).count(), 0);
    await page.getByRole("link", { name: "Newest" }).click();
    await page.waitForURL(/operations\?tenant=many$/);
    assert.equal(await ids(), first);
  });
});

test("without a password the operations pages do not exist", async () => {
  const closed = await startApp(await placeApp(`${folder.path}/closed`), {
    DATABASE_URL: database.url,
    NOVU_SECRET_KEY: secretKey,
    NOVU_API_URL: novu.url,
  });
  started.push(() => closed.child.stop());
  for (const headers of [new Headers(), new Headers({ authorization: basic("operator:") })])
    assert.is((await fetch(`${closed.url}/operations`, { headers })).status, 404);
  assert.not.match(await (await fetch(closed.url)).text(), "/operations");
});

test.run();
