import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { startBridge, type TestBridge } from "./bridge.fixture.ts";
import { type NovuOptions, type RunningNovu, startNovu } from "./server.ts";
import { openStore } from "./store/store.ts";
import { allWorkflows } from "./workflows.fixture.ts";

const secretKey = "test-secret";
let bridge: TestBridge;
let folder: string;
let dataFile: string;

test.before(async () => {
  bridge = await startBridge(allWorkflows, secretKey);
});
test.after(() => bridge.close());
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "novu-"));
  dataFile = join(folder, "data", "novu.jsonl");
});
test.after.each(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await Promise.all(opened.splice(0).map((novu) => novu.close()));
  rmSync(folder, { recursive: true, force: true });
});

// What a test opened is closed after it, also when it failed half-way.
const opened: RunningNovu[] = [];
const children: ChildProcess[] = [];
async function start(options: NovuOptions): Promise<RunningNovu> {
  const novu = await startNovu(options);
  opened.push(novu);
  return novu;
}

const trigger = (url: string, name: string, transactionId: string) =>
  fetch(`${url}/v1/events/trigger`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `ApiKey ${secretKey}` },
    body: JSON.stringify({
      name,
      to: { subscriberId: "ada", email: "a@x.io", phone: "1" },
      payload: { name: "A" },
      transactionId,
    }),
  });

test("messages, workflows and used transaction ids survive a restart", async () => {
  const first = await start({ secretKey, dataFile });
  await first.control.sync(bridge.url);
  await trigger(first.url, "mail-only", "p1");
  await first.control.idle();
  await first.close();

  const second = await start({ secretKey, dataFile });
  assert.equal(
    second.control.messages("ada").map((m) => m.subject),
    ["Hello A"],
  );
  await trigger(second.url, "mail-only", "p1");
  await trigger(second.url, "mail-only", "p2");
  await second.control.idle();
  assert.equal(
    second.control.messages("ada").map((m) => m.transactionId),
    ["p1", "p2"],
  );
  await second.close();
});

test("a delay and a digest that were waiting go on after a restart", async () => {
  const options = { secretKey, dataFile, delayScale: 0.0002 };
  const first = await start(options);
  await first.control.sync(bridge.url);
  await trigger(first.url, "delayed", "w1");
  await trigger(first.url, "digested", "w2");
  await trigger(first.url, "digested", "w3");
  await new Promise((resolve) => setTimeout(resolve, 250));
  await first.close();
  assert.equal(first.control.messages(), []);

  const second = await start(options);
  for (let i = 0; i < 300 && second.control.messages().length < 2; i++) await new Promise((r) => setTimeout(r, 10));
  assert.equal(
    second.control
      .messages()
      .map((m) => m.content)
      .sort(),
    ["2: A,A", "after 3600000"],
  );
  await second.close();
});

test("an event that was accepted and not yet taken up is delivered by the next process", async () => {
  const first = await start({ secretKey, dataFile });
  await first.control.sync(bridge.url);
  await trigger(first.url, "mail-only", "e1");
  await first.control.idle();
  await first.close();
  // The journal as a process leaves it that dies between the reply and the delivery.
  const lines = readFileSync(dataFile, "utf8").split("\n");
  const accepted = lines.findIndex((line) => line.startsWith('{"t":"event","v"'));
  assert.ok(accepted >= 0, "the event is in the file before it is delivered");
  writeFileSync(dataFile, `${lines.slice(0, accepted + 1).join("\n")}\n`);

  const second = await start({ secretKey, dataFile });
  await second.control.idle();
  assert.equal(
    second.control.messages("ada").map((m) => m.transactionId),
    ["e1"],
  );
  await second.close();
});

test("a half-written last line is cut off, a damaged one left out, and the file is written on", async () => {
  const first = await start({ secretKey, dataFile });
  await first.control.sync(bridge.url);
  await first.close();
  appendFileSync(dataFile, 'not json\n{"t":"subscriber","v":{"subscriberId":"lost');
  const store = openStore(dataFile);
  assert.is(store.damaged, 2);
  assert.is(store.workflows.size, allWorkflows.length);
  store.subscribers.put({ id: "1", subscriberId: "kept", createdAt: "", updatedAt: "" });
  store.close();
  const again = openStore(dataFile);
  assert.ok(again.subscribers.get("kept"));
  again.close();
});

test("a file that is mostly history is rewritten at the next start", async () => {
  const store = openStore(dataFile);
  for (let n = 0; n < 3000; n++) store.settings.put({ name: "counter", value: String(n) });
  store.close();
  openStore(dataFile).close();
  assert.equal(readFileSync(dataFile, "utf8"), '{"t":"setting","v":{"name":"counter","value":"2999"}}\n');
});

test("the process: one line when ready, kill -9 loses nothing it answered for, SIGTERM ends it with 0", async () => {
  const first = await startProcess(["--data-file", dataFile, "--bridge-url", bridge.url]);
  await until(async () => (await trigger(first.url, "mail-only", "k0")).status === 201);
  for (let n = 1; n <= 20; n++) assert.is((await trigger(first.url, "mail-only", `k${n}`)).status, 201);
  first.child.kill("SIGKILL");
  await first.ended;

  const second = await startProcess(["--data-file", dataFile]);
  const inbox = async () => (await fetch(`${second.url}/__control/inbox?subscriberId=ada`)).json();
  await until(async () => (await inbox()).messages.length >= 21);
  assert.is(new Set((await inbox()).messages.map((m: { transactionId: string }) => m.transactionId)).size, 21);
  assert.is((await inbox()).messages.length, 21);
  second.child.kill("SIGTERM");
  assert.is(await second.ended, 0);
});

test("the process without a key ends with 78 and says which", async () => {
  const child = run([], {});
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said += chunk;
  });
  assert.is(await new Promise((resolve) => child.on("exit", resolve)), 78);
  assert.match(said, "NOVU_SECRET_KEY");
});

function run(args: string[], env: Record<string, string>): ChildProcess {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", main, ...args], {
    env: { NODE_ENV: "test", PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  return child;
}

async function startProcess(args: string[]) {
  const child = run(args, { NOVU_SECRET_KEY: secretKey });
  const ended = new Promise<number | null>((resolve) => child.on("exit", (code) => resolve(code)));
  const line = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout?.on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) resolve(text);
    });
    child.on("exit", (code) => reject(new Error(`ended with ${code} before it was ready`)));
  });
  return { child, ended, url: String(JSON.parse(line).url) };
}

async function until(holds: () => Promise<boolean>) {
  for (let i = 0; i < 500; i++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.unreachable("never came to hold");
}

test.run();
