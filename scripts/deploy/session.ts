import { type ChildProcess, spawn } from "node:child_process";
import { XnovuError } from "../../core/errors.ts";
import { faultOf } from "../image/buildx.ts";
import { childEnv } from "../image/run.ts";
import { type Entry, parseJournal } from "./journal.ts";
import { planAppendJournal, planHolder, planReadJournal, planSession } from "./plan-server.ts";
import { ask, must, type Server } from "./server.ts";

/** The lock on a server's deployment, held by a container there. While it is held, nobody else writes the journal. */
export interface Session {
  readonly journal: () => readonly Entry[];
  /** Adds a line; the time and who are added to it. */
  readonly write: (entry: Omit<Entry, "at" | "by">) => Promise<void>;
  readonly close: () => Promise<void>;
}

// The container of a command that has just ended may still be on its way out.
const retryMs = 4_000;

/** @throws XnovuError that says who works on this server now. */
export async function openSession(server: Server, image: string, action: string): Promise<Session> {
  const end = Date.now() + retryMs;
  for (;;) {
    const started = await start(server, image, action);
    if (started.child !== undefined) return await opened(server, started.child);
    if (!/is already in use by container/.test(started.stderr))
      throw faultOf("docker run", { ok: false, stdout: "", stderr: started.stderr, code: 125 });
    const holder = await ask(planHolder(), server);
    if (Date.now() >= end) throw held(holder.stdout.trim());
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function held(text: string): XnovuError {
  const [by = "", action = "", since = ""] = text.split("\t");
  const who = by === "" ? "Another command" : `${by} (${action}, since ${since.slice(0, 19)}Z)`;
  return new XnovuError(`${who} works on this server now`, {
    hint: "Wait for its end. The lock goes with its holder, so that there is nothing to clean up.",
  });
}

/** Of a process group of its own: a Ctrl-C ends the command, which then still needs the lock to put things in order. */
function start(server: Server, image: string, action: string): Promise<{ child?: ChildProcess; stderr: string }> {
  const [file, ...args] = planSession(image, server.by, action).argv;
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

async function opened(server: Server, child: ChildProcess): Promise<Session> {
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
    const journal = parseJournal(await must(planReadJournal(), server, "Reading the server's journal"));
    return {
      journal: () => journal,
      close,
      async write(given) {
        if (lost) throw new XnovuError("The connection to the server was lost, and with it the lock");
        const entry: Entry = { at: new Date().toISOString(), by: server.by, ...given };
        await must(planAppendJournal(JSON.stringify(entry)), server, "Writing the server's journal");
        journal.push(entry);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
