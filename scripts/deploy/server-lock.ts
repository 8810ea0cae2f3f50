import { type ChildProcess, spawn } from "node:child_process";
import { XnovuError } from "../../core/errors.ts";
import { sleep } from "../../core/time.ts";
import { commandError } from "../image/buildx.ts";
import { childEnv } from "../image/run-step.ts";
import { type Entry, parseAuditLog } from "./audit-log.ts";
import { mustRun, runOn, type Server } from "./server.ts";
import { planAppendAudit, planHolder, planLock, planReadAudit } from "./server-plan.ts";

/** The lock on a server's deployment. A container there holds it; only its holder writes the audit log. */
export interface ServerLock {
  readonly auditLog: () => readonly Entry[];
  /** Appends an entry with the current time and the user. */
  readonly write: (entry: Omit<Entry, "at" | "by">) => Promise<void>;
  readonly close: () => Promise<void>;
}

// The container of a command that has just ended may need a moment to disappear.
const retryMs = 4_000;

/** @throws XnovuError that names the holder of the lock. */
export async function takeLock(server: Server, image: string, action: string): Promise<ServerLock> {
  const end = Date.now() + retryMs;
  for (;;) {
    const started = await start(server, image, action);
    if (started.child !== undefined) return await lockOf(server, started.child);
    if (!/is already in use by container/.test(started.stderr))
      throw commandError("docker run", { ok: false, stdout: "", stderr: started.stderr, code: 125 });
    const holder = await runOn(planHolder(), server);
    if (Date.now() >= end) throw lockedBy(holder.stdout.trim());
    await sleep(500);
  }
}

function lockedBy(text: string): XnovuError {
  const [by = "", action = "", since = ""] = text.split("\t");
  const who = by === "" ? "Another command" : `${by} (${action}, since ${since.slice(0, 19)}Z)`;
  return new XnovuError(`${who} holds the lock on this server`, {
    hint: "Wait until it ends. The lock ends with its holder, so there is nothing to clean up.",
  });
}

/** In a process group of its own: after a Ctrl-C the command still needs the lock to clean up. */
function start(server: Server, image: string, action: string): Promise<{ child?: ChildProcess; stderr: string }> {
  const [file, ...args] = planLock(image, server.by, action).argv;
  const child = spawn(file, args, {
    cwd: server.options.cwd,
    env: childEnv(server.options.env),
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  let stderr = "";
  child.stderr.on("data", (piece: Buffer) => {
    stderr += piece.toString();
  });
  child.stdin.on("error", () => undefined);
  return new Promise((resolve) => {
    child.once("error", () => resolve({ stderr: "docker: not found" }));
    child.once("close", () => resolve({ stderr }));
    child.stdout.once("data", () => resolve({ child, stderr }));
  });
}

async function lockOf(server: Server, child: ChildProcess): Promise<ServerLock> {
  let lost = false;
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  void ended.then(() => {
    lost = true;
  });
  const close = async () => {
    child.stdin?.end();
    await ended;
  };
  try {
    const entries = parseAuditLog(await mustRun(planReadAudit(), server, "Reading the server's audit log"));
    return {
      auditLog: () => entries,
      close,
      async write(given) {
        if (lost) throw new XnovuError("The connection to the server was lost, and the lock with it");
        const entry: Entry = { at: new Date().toISOString(), by: server.by, ...given };
        await mustRun(planAppendAudit(JSON.stringify(entry)), server, "Writing the server's audit log");
        entries.push(entry);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
