import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  addressIn,
  disableCommands,
  otherSlot,
  pointCommands,
  proxyConfig,
  requestsIn,
  switchCommands,
} from "./proxy-config.ts";

const servers = (config: string) => config.match(/^ {2}server .*$/gm);

test("one slot is open in both backends; the other points at the proxy itself", () => {
  assert.equal(servers(proxyConfig({ release: 7, slot: "b" })), [
    "  server a xnovu-proxy:4000 disabled",
    "  server b xnovu-r7-app-1:4000",
    "  server a xnovu-proxy:3001 disabled",
    "  server b xnovu-r7-worker-1:3001",
  ]);
  assert.ok(servers(proxyConfig(undefined))?.every((line) => line.endsWith(" disabled")));
});

test("the new slot is pointed at the release and opened before the old one is closed", () => {
  assert.equal(pointCommands({ release: 7, slot: "b" }), [
    "set server app/b fqdn xnovu-r7-app-1",
    "set server worker/b fqdn xnovu-r7-worker-1",
  ]);
  assert.equal(switchCommands("b"), [
    "set server app/b state ready",
    "set server worker/b state ready",
    "set server app/a state drain",
    "set server worker/a state drain",
  ]);
  assert.equal(disableCommands("a"), [
    "set server app/a state maint",
    "set server worker/a state maint",
    "set server app/a fqdn xnovu-proxy",
    "set server worker/a fqdn xnovu-proxy",
  ]);
  assert.equal([otherSlot("a"), otherSlot("b"), otherSlot(undefined)], ["b", "a", "a"]);
});

// As HAProxy 2.6 prints them, truncated on the right.
const state = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight
3 app 1 a 10.214.2.3 2 0 1 1 14 1 0 0 0 0 0 0 xnovu-r1-app-1 4000 -
3 app 2 b - 0 5 1 1 1 1 0 0 14 0 0 0 xnovu-r2-app-1 4000 -
`;
const stat = `# pxname,svname,qcur,qmax,scur,smax,slim
app_port,FRONTEND,,,5,5,4096
app,a,0,0,3,4,
app,b,0,0,0,1,
worker,a,0,0,0,1,
`;

test("address and requests of a slot, read from HAProxy's output", () => {
  assert.is(addressIn(state, "app", "a"), "10.214.2.3");
  assert.is(addressIn(state, "app", "b"), "-");
  assert.is(addressIn(state, "worker", "a"), undefined);
  assert.equal(
    [requestsIn(stat, "app", "a"), requestsIn(stat, "app", "b"), requestsIn(stat, "worker", "a")],
    [3, 0, 0],
  );
});

test.run();
