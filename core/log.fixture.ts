// A process that logs on request: node --import tsx core/log.fixture.ts <count> <secrets as JSON>
import { setTimeout as sleep } from "node:timers/promises";
import { createLogger } from "./log.ts";

const count = Number(process.argv[2]);
const secrets: string[] = JSON.parse(process.argv[3] ?? "[]");
const log = createLogger({ name: "fixture", level: "info", secrets });

log.debug("below the level");
for (let i = 0; i < count; i++) {
  log.info({ i, secrets }, "a line");
  if (i % 100 === 99) await sleep(1);
}
log.error(new Error(`broke with ${secrets[0]}`));
console.error("reached the end");
