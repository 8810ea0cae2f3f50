import { newId } from "./ids.ts";
import type { Fields } from "./types.ts";

/** A misbehaviour on order. */
export interface FaultOrder {
  match?: {
    method?: string;
    /** The path without its query; a `*` at the end matches any rest. */
    path?: string;
    /** Text that the request's body must hold. */
    bodyIncludes?: string;
  };
  /** Matching requests to let pass first; 0 when absent. */
  skip?: number;
  /** Requests to hit; 1 when absent. */
  times?: number;
  /** Answer with this status without doing the work. */
  status?: number;
  body?: Fields;
  headers?: Record<string, string>;
  /** With `status`: the answer goes through the idempotency cache, so that a repeat replays it. */
  cached?: boolean;
  /** Wait first, milliseconds; the request counts as in progress meanwhile. */
  delayMs?: number;
  /** Do the work, then cut the connection instead of answering. */
  dropAfterAccept?: boolean;
  /** Cut the connection without doing the work. */
  dropBefore?: boolean;
}

export interface Fault extends FaultOrder {
  readonly id: string;
  /** Requests hit so far. */
  hits: number;
  passed: number;
}

export class Faults {
  #list: Fault[] = [];

  add(order: FaultOrder, nowMs: number): Fault {
    const fault: Fault = { ...order, id: newId(nowMs), hits: 0, passed: 0 };
    this.#list.push(fault);
    return fault;
  }
  list(): readonly Fault[] {
    return this.#list;
  }
  clear(): void {
    this.#list = [];
  }

  /** The first fault with hits left that fits; it counts as used. */
  take(method: string, path: string, body: string): Fault | undefined {
    for (const fault of this.#list) {
      if (fault.hits >= (fault.times ?? 1) || !fits(fault, method, path, body)) continue;
      if (fault.passed < (fault.skip ?? 0)) {
        fault.passed++;
        continue;
      }
      fault.hits++;
      return fault;
    }
    return undefined;
  }
}

function fits({ match = {} }: Fault, method: string, path: string, body: string): boolean {
  if (match.method !== undefined && match.method.toUpperCase() !== method) return false;
  if (match.bodyIncludes !== undefined && !body.includes(match.bodyIncludes)) return false;
  if (match.path === undefined) return true;
  return match.path.endsWith("*") ? path.startsWith(match.path.slice(0, -1)) : path === match.path;
}
