import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { connect, createServer } from "node:net";
import { XnovuError } from "../core/errors.ts";

/** Another process listens on the port. The message names it when the system shows it. */
export class PortInUseError extends XnovuError {
  readonly port: number;

  constructor(port: number, forWhat: string) {
    const holder = whoHolds(port);
    const by = holder ? ` by ${holder.command} (process ${holder.pid})` : "";
    super(`Port ${port}, wanted for ${forWhat}, is in use${by}.`, {
      hint: "Stop that process, or choose another port.",
    });
    this.port = port;
  }
}

/** A port of `host` that is free now. Another process may take it before the caller: be ready to try again. */
export function freePort(host = "127.0.0.1"): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, host, () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Whether a process listens on the port. Tests both ways, because macOS lets a second listener bind 127.0.0.1 beside 0.0.0.0. */
export async function portInUse(port: number, host = "127.0.0.1"): Promise<boolean> {
  return (await accepts(port, host)) || !(await canListen(port, host));
}

function accepts(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, timeout: 500 });
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
    socket.once("timeout", () => end(false));
  });
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, host, () => server.close(() => resolve(true)));
  });
}

export interface Holder {
  readonly pid: number;
  readonly command: string;
}

/** The process that listens on the port, if /proc shows it to this user. Undefined on other systems. */
export function whoHolds(port: number): Holder | undefined {
  const wanted = listeningSockets().filter((socket) => socket.port === port);
  if (wanted.length === 0) return undefined;
  const links = new Set(wanted.map((socket) => socket.link));
  for (const pid of pids()) {
    if (openFiles(pid).some((link) => links.has(link))) return { pid, command: commandName(pid) };
  }
  return undefined;
}

/** The TCP ports that a process listens on, as far as /proc shows them. */
export function portsOf(pid: number): number[] {
  const files = new Set(openFiles(pid));
  const mine = listeningSockets().filter((socket) => files.has(socket.link));
  return [...new Set(mine.map((socket) => socket.port))].sort((a, b) => a - b);
}

function listeningSockets(): { port: number; link: string }[] {
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    lines(table).flatMap((line) => {
      const [, local = "", , state, , , , , , inode] = line.trim().split(/\s+/);
      // 0A is TCP_LISTEN of the kernel's tcp_states.h.
      return state === "0A"
        ? [{ port: Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16), link: `socket:[${inode}]` }]
        : [];
    }),
  );
}

function pids(): number[] {
  return quietly(() => readdirSync("/proc").filter((name) => /^\d+$/.test(name)), []).map(Number);
}

const openFiles = (pid: number): string[] =>
  quietly(() => readdirSync(`/proc/${pid}/fd`), []).map((fd) =>
    quietly(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ""),
  );

const commandName = (pid: number): string => quietly(() => readFileSync(`/proc/${pid}/comm`, "utf8").trim(), "unknown");
const lines = (path: string): string[] => quietly(() => readFileSync(path, "utf8").split("\n").slice(1), []);

/** While /proc is read, processes end, and those of other users are unreadable. Both are ignored. */
function quietly<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
