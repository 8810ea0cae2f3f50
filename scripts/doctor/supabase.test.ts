import { test } from "uvu";
import * as assert from "uvu/assert";
import { type FakeServer, fakeServer } from "../../test/support/fake-server.ts";
import { querySupabase, supabaseFinding } from "./supabase.ts";

let supabase: FakeServer;
test.before(async () => {
  supabase = await fakeServer((request, response) => {
    const right = request.headers.apikey === "service-key" && request.url?.startsWith("/rest/v1/");
    const body = right ? { code: "PGRST205", message: "no table" } : { message: "Invalid API key" };
    response.writeHead(right ? 404 : 401).end(JSON.stringify(body));
  });
});
test.after(() => supabase.close());

async function look(serviceRoleKey: string | undefined, url: string | undefined = supabase.url) {
  const reply = await querySupabase({ url, serviceRoleKey }, 2_000);
  return reply === undefined ? undefined : supabaseFinding(reply, url ?? "");
}

test("a response that the health table is missing proves that the project accepts the key", async () => {
  assert.is((await look("service-key"))?.state, "ok");
  const wrong = await look("wrong-key");
  assert.is(wrong?.state, "down");
  assert.match(wrong?.found ?? "", /refuses the key \(HTTP 401: Invalid API key\)/);
});

test("an address that is not a project, and one where nothing listens", async () => {
  assert.match((await look("service-key", `${supabase.url}/elsewhere`))?.found ?? "", "HTTP 401");
  assert.match((await look("service-key", "http://127.0.0.1:1"))?.found ?? "", "cannot be reached");
});

test("a project without a key is a finding; without a project there is no query", async () => {
  assert.match((await look(undefined))?.todo ?? "", "SUPABASE_SERVICE_ROLE_KEY");
  assert.is(await querySupabase({ url: undefined, serviceRoleKey: "k" }, 1_000), undefined);
});

test.run();
