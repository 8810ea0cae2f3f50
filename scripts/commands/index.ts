import type { Command } from "../cli/command.ts";
import { list } from "./list.ts";
import { migrateCreate, migrateDown, migrateStatus, migrateUp } from "./migrate.ts";
import { redrive, retract } from "./redrive.ts";
import { send } from "./send.ts";
import { show } from "./show.ts";
import { sync } from "./sync.ts";
import { workerHealth, workerRestart, workerStart, workerStatus, workerStop } from "./worker.ts";

/** Every command, in the order of --help. */
export const commands: readonly Command[] = [
  send,
  list,
  show,
  redrive,
  retract,
  sync,
  workerStart,
  workerStop,
  workerStatus,
  workerHealth,
  workerRestart,
  migrateUp,
  migrateDown,
  migrateStatus,
  migrateCreate,
];
