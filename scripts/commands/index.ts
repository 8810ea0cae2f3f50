import type { Command } from "../cli/command.ts";
import { demo } from "./demo.ts";
import { dockerBuild } from "./docker-build.ts";
import { dockerPush } from "./docker-push.ts";
import { dockerRun } from "./docker-run.ts";
import { dockerStop } from "./docker-stop.ts";
import { dockerTags } from "./docker-tags.ts";
import { down } from "./down.ts";
import { list } from "./list.ts";
import { migrateCreate, migrateDown, migrateStatus, migrateUp } from "./migrate.ts";
import { redrive, retract } from "./redrive.ts";
import { send } from "./send.ts";
import { show } from "./show.ts";
import { sync } from "./sync.ts";
import { up } from "./up.ts";
import { workerHealth, workerRestart, workerStart, workerStatus, workerStop } from "./worker.ts";

/** Every command, in the order of --help. */
export const commands: readonly Command[] = [
  up,
  down,
  demo,
  send,
  list,
  show,
  redrive,
  retract,
  sync,
  dockerTags,
  dockerBuild,
  dockerRun,
  dockerPush,
  dockerStop,
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
