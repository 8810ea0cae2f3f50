// time limit: 500 s
import { execFileSync } from "node:child_process";
import { chownSync, mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { messageOf } from "../../core/errors.ts";
import { serverAccount } from "../../local/postgres-user.ts";
import { databaseOn } from "../support/database.ts";
import { openLab } from "../support/fault-lab.ts";
import { faultTest, skipPart } from "../support/fault-notes.ts";
import { temporaryFolder } from "../support/folder.ts";
import { privatePostgres } from "../support/servers.ts";
import { testTemporal } from "../support/temporal.ts";

interface Disk {
  readonly path: string;
  fill(): void;
  free(): void;
  remove(): void;
}

/** A disk of 16 MiB that belongs to the database server's account. @throws where mounting is not allowed. */
function smallDisk(): Disk {
  const folder = temporaryFolder("xnovu-disk-");
  const mount = join(folder.path, "disk");
  mkdirSync(mount);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=16m,mode=0711", "tmpfs", mount], { stdio: "pipe" });
  } catch (error) {
    folder.remove();
    throw error;
  }
  const path = join(mount, "tablespace");
  mkdirSync(path);
  const account = serverAccount();
  if (account) chownSync(path, account.uid, account.gid);
  const ballast = join(mount, "ballast");
  return {
    path,
    fill() {
      const { bavail, bsize } = statfsSync(mount);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize));
    },
    free: () => rmSync(ballast, { force: true }),
    remove() {
      execFileSync("umount", ["-l", mount], { stdio: "pipe" });
      folder.remove();
    },
  };
}

function diskOrReason(): Disk | string {
  try {
    return smallDisk();
  } catch (error) {
    return messageOf(error);
  }
}

faultTest(15, "disk full: nothing reaches Novu without a claim that is written; it resumes by itself", async () => {
  const disk = diskOrReason();
  if (typeof disk === "string") return skipPart(15, "disk full", `a small disk cannot be mounted here: ${disk}`);
  const [postgres, temporal] = await Promise.all([privatePostgres(), testTemporal()]);
  const { url } = await databaseOn(postgres.url);
  const lab = await openLab(url, temporal.address);
  try {
    await lab.db.query(`CREATE TABLESPACE small LOCATION '${disk.path}'`);
    // Rows that fill their pages: a claim has to write its new versions on new ones.
    await lab.db.query("ALTER TABLE notify.notification SET (fillfactor = 100)");
    await lab.db.query("ALTER TABLE notify.notification SET TABLESPACE small");
    const payload = JSON.stringify({ name: "x".repeat(1_500) });
    await lab.insert(300, { payload });
    disk.fill();
    const worker = await lab.readyWorker({ XNOVU_RESTART_LIMIT: "0", POLL_BATCH_SIZE: "300" });
    await sleep(2_500);
    assert.equal(await lab.counts(), { PENDING: 300 });
    assert.is(lab.calls(), 0, "sent without a claim");
    assert.is((await worker.get("/health/live"))?.code, 200);
    disk.free();
    await lab.held();
    assert.is(worker.child.exit(), undefined);
  } finally {
    await lab.killWorkers();
    await lab.close();
    await Promise.all([postgres.close(), temporal.close()]);
    disk.remove();
  }
});

test.run();
