import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isAlive, type ProcessIdentity } from "../../core/process-identity.ts";
import type { Ports } from "./ports-and-paths.ts";

export type Phase = "starting" | "ready" | "stopping";

export interface PartRecord extends ProcessIdentity {
  readonly name: string;
}

/** The content of `stack.json`. It contains the database's password, so only its owner can read it. */
export interface StackState extends ProcessIdentity {
  readonly phase: Phase;
  readonly offset: number;
  readonly ports: Ports;
  readonly startedAt: string;
  /** Set once Postgres runs. */
  readonly databaseUrl?: string;
  /** The child processes in the order of their stop. They outlive a stack process that was killed. */
  readonly parts: readonly PartRecord[];
}

export type Found =
  | { readonly kind: "none" }
  | { readonly kind: "running"; readonly state: StackState }
  /** Its process has ended without cleaning up. */
  | { readonly kind: "stale"; readonly state: StackState }
  /** The file cannot be parsed: truncated by a full disk, or written by another program. */
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
    // `writeState` renames a complete file into place, so a file with these fields is complete.
    return looksRight ? (value as StackState) : undefined;
  } catch {
    return undefined;
  }
}

/** Creates the file for a new stack. False when another process was first. */
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
