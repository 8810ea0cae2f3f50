import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkHealth } from "./report.ts";

// Local HTTP servers play Novu and Supabase. There is no database here: test/app.test.ts uses a real one.
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

const responding =
  (status: number, body = ""): RequestListener =>
  (_, response) =>
    response.writeHead(status).end(body);

/** An address where no server listens any more. (Not a low port: fetch refuses several of them itself.) */
async function closedUrl(): Promise<string> {
  let closed = "";
  await withServer(responding(200), async (url) => {
    closed = url;
  });
  return closed;
}

const limit = { XNOVU_HEALTH_TIMEOUT_MS: "200" };
const key = "service-role-secret";

test("without settings every check but the server's is down as not configured, and there is no check of Supabase", async () => {
  const { status, checks } = await checkHealth({});
  assert.is(status, "error");
  assert.is(checks.server?.status, "up");
  assert.is(checks.database?.error, "not configured");
  assert.is(checks.novu?.error, "not configured");
  assert.is(checks.supabase, undefined);
});

test("a bad setting of the app itself makes the server's check fail", async () => {
  const { checks } = await checkHealth({ XNOVU_HEALTH_TIMEOUT_MS: "soon" });
  assert.is(checks.server?.error, "not configured");
});

test("the check of Novu calls its health check, without a key", async () => {
  const requests: string[] = [];
  await withServer(
    (request, response) => {
      requests.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.end(`{"data":{"status":"ok"}}`);
    },
    async (url) => {
      const { checks } = await checkHealth({ NOVU_API_URL: url, NOVU_SECRET_KEY: "k" });
      assert.is(checks.novu?.status, "up");
    },
  );
  assert.equal(requests, ["GET /v1/health-check undefined"]);
});

test("Novu is down when it fails, hangs or refuses connections, within the time limit", async () => {
  const novu = async (url: string) =>
    (await checkHealth({ ...limit, NOVU_API_URL: url, NOVU_SECRET_KEY: "k" })).checks.novu;
  await withServer(responding(500), async (url) => assert.is((await novu(url))?.error, "answered with an error"));
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

test("the check of Supabase makes one request, through its client, with the key", async () => {
  const requests: IncomingMessage[] = [];
  await withServer(
    (request, response) => {
      requests.push(request);
      response.end("[]");
    },
    async (url) => assert.is((await supabase(url))?.status, "up"),
  );
  assert.is(requests.length, 1);
  assert.match(`${requests[0]?.method} ${requests[0]?.url}`, /^GET \/rest\/v1\/xnovu_health_check\?/);
  assert.is(requests[0]?.headers.apikey, key);
});

test("Supabase is up when PostgREST responds that it does not serve the table or the schema", async () => {
  const responses = [
    [404, "PGRST205"],
    [406, "PGRST106"],
    [404, "42P01"],
  ] as const;
  for (const [status, code] of responses)
    await withServer(
      (_, response) =>
        response.writeHead(status).end(JSON.stringify({ code, message: "m", details: null, hint: null })),
      async (url) => assert.is((await supabase(url))?.status, "up", code),
    );
});

test("Supabase is down when it refuses the key, fails, hangs or does not exist", async () => {
  const table = [
    [401, "refused our credentials"],
    [403, "refused our credentials"],
    [503, "answered with an error"],
    // Not Supabase, but a web server without that page.
    [404, "answered with an error"],
    [404, "answered with an error", "<h1>no such page</h1>"],
  ] as const;
  for (const [status, category, body] of table)
    await withServer(responding(status, body), async (url) => assert.is((await supabase(url))?.error, category));
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

test("the listener gets the diagnosis for the log: what is wrong and what to do", async () => {
  const lines: string[] = [];
  await checkHealth({ NOVU_API_URL: "http://127.0.0.1:1", NOVU_SECRET_KEY: "k" }, (name, diagnosis) => {
    if (diagnosis !== undefined) lines.push(`${name}: ${diagnosis.message} -> ${diagnosis.hint}`);
  });
  assert.equal(lines.length, 2, lines.join("\n"));
  assert.match(
    lines.join("\n"),
    /^novu: Novu at http:\/\/127\.0\.0\.1:1 cannot be reached: fetch failed.* -> Check NOVU_API_URL/m,
  );
  assert.match(lines.join("\n"), /^database: .*DATABASE_URL is missing.* -> Set them in the environment/ms);
});

test.run();
