import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { freePort, PortInUseError, portInUse, portsOf, whoHolds } from "./ports.ts";

test("a port is free until a process listens on it, and the holder is found", async () => {
  const port = await freePort();
  assert.not(await portInUse(port));
  for (const host of ["127.0.0.1", "0.0.0.0"]) {
    const server = createServer().listen(port, host);
    await once(server, "listening");
    try {
      assert.ok(await portInUse(port), host);
      if (process.platform !== "linux") continue;
      assert.is(whoHolds(port)?.pid, process.pid);
      assert.ok(portsOf(process.pid).includes(port));
      assert.match(new PortInUseError(port, "the app").message, `Port ${port}, wanted for the app, is in use by`);
    } finally {
      server.close();
      await once(server, "close");
    }
  }
  assert.not(await portInUse(port));
  assert.is(whoHolds(port), undefined);
});

test.run();
