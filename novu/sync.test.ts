import { startNovu } from "@xnovu/novu-emulator";
import { startBridge } from "@xnovu/novu-emulator/test-bridge";
import { allWorkflows } from "@xnovu/novu-emulator/test-workflows";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { XnovuError } from "../core/errors.ts";
import { fakeServer } from "../test/support/fake-server.ts";
import { syncBridge } from "./sync.ts";

const secretKey = "sk-of-the-tests";

test("a sync returns the ids of the bridge's workflows; a refusal carries Novu's message and a hint", async () => {
  const bridge = await startBridge(allWorkflows, secretKey);
  const novu = await startNovu({ secretKey });
  const at = { secretKey, apiUrl: novu.url, timeoutMs: 2_000 };
  try {
    assert.equal((await syncBridge(at, bridge.url)).sort(), allWorkflows.map(({ id }) => id).sort());
    const refused: unknown = await syncBridge({ ...at, secretKey: "other" }, bridge.url).catch((e: unknown) => e);
    assert.instance(refused, XnovuError);
    assert.match(String(refused), /refuses the key \(HTTP 401: API Key not found\)/);
    const away: unknown = await syncBridge(at, "http://127.0.0.1:1/api/novu").catch((e: unknown) => e);
    assert.match(String(away), /Novu replied with HTTP 400: Bridge connection error/);
  } finally {
    await novu.close();
    await bridge.close();
  }
});

test("no server, and a server that is not Novu", async () => {
  const at = { secretKey, apiUrl: "http://127.0.0.1:1", timeoutMs: 1_000 };
  const away: unknown = await syncBridge(at, "http://b").catch((e: unknown) => e);
  assert.instance(away, XnovuError);
  assert.match(String(away), /Novu at http:\/\/127\.0\.0\.1:1 cannot be reached/);
  const server = await fakeServer((_, response) => response.writeHead(200).end("<html>"));
  const other: unknown = await syncBridge({ ...at, apiUrl: server.url }, "http://b").catch((e: unknown) => e);
  await server.close();
  assert.instance(other, XnovuError);
  assert.match(String(other), /lists no workflows/);
});

test.run();
