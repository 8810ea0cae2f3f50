import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import * as assert from "uvu/assert";
import { identityOf } from "../../core/process-identity.ts";
import { portInUse } from "../../local/ports.ts";
import { type Ports, portsAt } from "../../local/stack/ports-and-paths.ts";
import { freeOffset } from "../../local/stack/ports-check.ts";
import { temporaryFolder } from "./folder.ts";

const xnovu = fileURLToPath(new URL("../../scripts/xnovu.mjs", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Run {
  readonly child: ChildProcess;
  readonly done: Promise<Ended>;
  /** The first whole line on stdout. Rejects when the command ends without one. */
  firstLine(): Promise<string>;
}

export interface StackState {
  readonly pid: number;
  readonly databaseUrl: string;
  readonly parts: readonly { readonly name: string; readonly pid: number }[];
}

/** A place for one stack: a state folder and ports of its own, and the command line as a process. */
export interface StackPlace {
  readonly folder: string;
  readonly stateDir: string;
  readonly offset: number;
  readonly ports: Ports;
  run(args: readonly string[], env?: Record<string, string>): Run;
  state(): StackState;
  partPid(name: string): number;
  /** The stack's own process and its parts. */
  allPids(): number[];
  query<T extends pg.QueryResultRow>(sql: string): Promise<T[]>;
  /** Fails when one of these processes runs, or anybody listens on the place's ports. */
  nothingLeft(pids: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

export async function stackPlace(): Promise<StackPlace> {
  const folder = temporaryFolder("xnovu-stack-");
  const stateDir = join(folder.path, "state");
  const offset = await freeOffset(1_000 + Math.floor(Math.random() * 4_000));
  const ports = portsAt(offset);
  const children: ChildProcess[] = [];
  const run: StackPlace["run"] = (args, env = {}) => {
    const started = start(args, { ...process.env, XNOVU_STATE_DIR: stateDir, DATABASE_URL: "", ...env });
    children.push(started.child);
    return started;
  };
  const state = (): StackState => JSON.parse(readFileSync(join(stateDir, "stack.json"), "utf8"));
  return {
    folder: folder.path,
    stateDir,
    offset,
    ports,
    run,
    state,
    partPid: (name) => state().parts.find((part) => part.name === name)?.pid ?? 0,
    allPids: () => [state().pid, ...state().parts.map(({ pid }) => pid)],
    query: (sql) => query(state().databaseUrl, sql),
    async nothingLeft(pids) {
      // Where nobody collects orphans a dead one keeps its number: only what runs counts.
      const running = pids.filter((pid) => identityOf(pid) !== undefined);
      assert.equal(running, []);
      for (const [name, port] of Object.entries(ports)) assert.not.ok(await portInUse(port), `${name} ${port}`);
    },
    async close() {
      await run(["down"]).done;
      for (const child of children) child.kill("SIGKILL");
      folder.remove();
    },
  };
}

function start(args: readonly string[], env: NodeJS.ProcessEnv): Run {
  const child = spawn(process.execPath, [xnovu, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { out: "", err: "" };
  child.stdout.on("data", (data: Buffer) => {
    said.out += data;
  });
  child.stderr.on("data", (data: Buffer) => {
    said.err += data;
  });
  const done = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, ...said })));
  const firstLine = async () => {
    const ended = done.then(({ code, err }) => {
      throw new Error(`xnovu ${args.join(" ")} ended with ${code}:\n${err}`);
    });
    ended.catch(() => undefined);
    while (!said.out.includes("\n")) await Promise.race([sleep(50), ended]);
    return said.out.split("\n")[0] ?? "";
  };
  return { child, done, firstLine };
}

async function query<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

export async function eventually(
  what: string,
  check: () => Promise<boolean> | boolean,
  limitMs = 15_000,
): Promise<void> {
  for (const end = Date.now() + limitMs; !(await check()); await sleep(50))
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`);
}

export const at = (port: number, path: string): string => `http://127.0.0.1:${port}${path}`;
