import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkHealth } from "./report.ts";

// Real HTTP servers stand for Novu and Supabase. The database stays closed here: test/app.test.ts has the real one.
async function withServer(listener: RequestListener, use: (url: string) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  try {
    await use(`http://127.0.0.1:${address.port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

const answering =
  (status: number, body = ""): RequestListener =>
  (_, response) =>
    response.writeHead(status).end(body);

/** An address where a server was, and is no more. (A low port will not do: fetch refuses several by itself.) */
async function closedUrl(): Promise<string> {
  let closed = "";
  await withServer(answering(200), async (url) => {
    closed = url;
  });
  return closed;
}

const limit = { XNOVU_HEALTH_TIMEOUT_MS: "200" };
const key = "service-role-secret";

test("without settings every check but the server's is down as not configured, and Supabase is not asked for", async () => {
  const { status, checks } = await checkHealth({});
  assert.is(status, "error");
  assert.is(checks.server?.status, "up");
  assert.is(checks.database?.error, "not configured");
  assert.is(checks.novu?.error, "not configured");
  assert.is(checks.supabase, undefined);
});

test("a bad setting of the app itself is the server's own fault", async () => {
  const { checks } = await checkHealth({ XNOVU_HEALTH_TIMEOUT_MS: "soon" });
  assert.is(checks.server?.error, "not configured");
});

test("Novu is asked at its health check", async () => {
  const asked: string[] = [];
  await withServer(
    (request, response) => {
      asked.push(`${request.method} ${request.url}`);
      response.end(`{"data":{"status":"ok"}}`);
    },
    async (url) => {
      const { checks } = await checkHealth({ NOVU_API_URL: url, NOVU_SECRET_KEY: "k" });
      assert.is(checks.novu?.status, "up");
    },
  );
  assert.equal(asked, ["GET /v1/health-check"]);
});

test("Novu that errs, hangs or refuses is down, within the time limit", async () => {
  const novu = async (url: string) =>
    (await checkHealth({ ...limit, NOVU_API_URL: url, NOVU_SECRET_KEY: "k" })).checks.novu;
  await withServer(answering(500), async (url) => assert.is((await novu(url))?.error, "answered with an error"));
  await withServer(
    () => undefined,
    async (url) => {
      const result = await novu(url);
      assert.is(result?.error, "timed out");
      assert.ok((result?.latencyMs ?? 0) < 1000);
    },
  );
  assert.is((await novu(await closedUrl()))?.error, "connection refused");
});

const supabase = async (url: string) =>
  (await checkHealth({ ...limit, NEXT_PUBLIC_SUPABASE_URL: url, SUPABASE_SERVICE_ROLE_KEY: key })).checks.supabase;

test("Supabase is asked once, through its client, with the key", async () => {
  const asked: IncomingMessage[] = [];
  await withServer(
    (request, response) => {
      asked.push(request);
      response.end("[]");
    },
    async (url) => assert.is((await supabase(url))?.status, "up"),
  );
  assert.is(asked.length, 1);
  assert.match(`${asked[0]?.method} ${asked[0]?.url}`, /^GET \/rest\/v1\/xnovu_health_check\?/);
  assert.is(asked[0]?.headers.apikey, key);
});

test("Supabase is up when PostgREST answers that it does not serve the table or the schema", async () => {
  const answers = [
    [404, "PGRST205"],
    [406, "PGRST106"],
    [404, "42P01"],
  ] as const;
  for (const [status, code] of answers)
    await withServer(
      (_, response) =>
        response.writeHead(status).end(JSON.stringify({ code, message: "m", details: null, hint: null })),
      async (url) => assert.is((await supabase(url))?.status, "up", code),
    );
});

test("Supabase is down by word when it refuses the key, errs, hangs or is not there", async () => {
  const words = [
    [401, "refused our credentials"],
    [403, "refused our credentials"],
    [503, "answered with an error"],
    // Not Supabase at all: a web server without that page.
    [404, "answered with an error"],
    [404, "answered with an error", "<h1>no such page</h1>"],
  ] as const;
  for (const [status, word, body] of words)
    await withServer(answering(status, body), async (url) => assert.is((await supabase(url))?.error, word));
  await withServer(
    () => undefined,
    async (url) => assert.is((await supabase(url))?.error, "timed out"),
  );
  assert.is((await supabase(await closedUrl()))?.error, "connection refused");
});

test("Supabase without its key is down as not configured", async () => {
  const { checks } = await checkHealth({ NEXT_PUBLIC_SUPABASE_URL: "http://127.0.0.1:1" });
  assert.is(checks.supabase?.error, "not configured");
});

test("the listener gets the fault itself for the log", async () => {
  const faults: string[] = [];
  await checkHealth({ NOVU_API_URL: "http://127.0.0.1:1", NOVU_SECRET_KEY: "k" }, (name, { fault }) => {
    if (fault instanceof Error) faults.push(`${name}: ${fault.message}`);
  });
  assert.ok(faults.includes("novu: fetch failed"), faults.join("\n"));
  assert.ok(faults.some((line) => line.includes("DATABASE_URL is missing")));
});

test.run();
