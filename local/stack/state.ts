import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isAlive, type ProcessIdentity } from "../../core/process-identity.ts";
import type { Ports } from "./plan.ts";

export type Phase = "starting" | "ready" | "stopping";

export interface PartRecord extends ProcessIdentity {
  readonly name: string;
}

/** What `stack.json` says of the stack that runs. Holds the database's password: readable for its owner alone. */
export interface StackState extends ProcessIdentity {
  readonly phase: Phase;
  readonly offset: number;
  readonly ports: Ports;
  readonly startedAt: string;
  /** Once Postgres is up. */
  readonly databaseUrl?: string;
  /** The children, in the order they are stopped in. Those of a stack process that was killed outlive it. */
  readonly parts: readonly PartRecord[];
}

export type Found =
  | { readonly kind: "none" }
  | { readonly kind: "running"; readonly state: StackState }
  /** Its process is gone, and did not tidy up. */
  | { readonly kind: "stale"; readonly state: StackState }
  /** Nobody can read it: cut off by a full disk, or written by something else. */
  | { readonly kind: "unreadable" };

export function findStack(file: string): Found {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return { kind: "none" };
  }
  const state = parseState(text);
  if (state === undefined) return { kind: "unreadable" };
  return { kind: isAlive(state) ? "running" : "stale", state };
}

function parseState(text: string): StackState | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const looksRight =
      typeof value === "object" && value !== null && "pid" in value && "parts" in value && Array.isArray(value.parts);
    // Written by `writeState` below and renamed into place: a file with these fields is whole.
    return looksRight ? (value as StackState) : undefined;
  } catch {
    return undefined;
  }
}

/** Takes the file for a new stack. False when another process was first. */
export function claimState(file: string, state: StackState): boolean {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  try {
    writeFileSync(file, textOf(state), { flag: "wx", mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  }
}

export function writeState(file: string, state: StackState): void {
  const temporary = `${file}.${process.pid}`;
  writeFileSync(temporary, textOf(state), { mode: 0o600 });
  renameSync(temporary, file);
}

export const removeState = (file: string): void => rmSync(file, { force: true });

const textOf = (state: StackState): string => `${JSON.stringify(state, null, 2)}\n`;
