import { UsageError } from "../../core/errors.ts";
import { faultOf } from "../image/buildx.ts";
import { type Ran, type RunOptions, run, type Step } from "../image/run.ts";
import type { ComposeInputs } from "./plan.ts";

/** The server that is deployed to, and how this machine speaks to it. */
export interface Server {
  readonly options: RunOptions;
  readonly inputs: ComposeInputs;
  /** Docker network of edge and releases. */
  readonly network: string;
  /** What the edge is to hold on the server: the variable that says it, and the port. */
  readonly edgePorts: readonly (readonly [variable: string, port: number])[];
  /** user@machine, for the journal. */
  readonly by: string;
  readonly note: (line: string) => void;
}

/** @throws UsageError for an address that no Docker client takes. */
export function dockerHost(typed: string): string {
  if (/^(ssh|tcp|unix):\/\/./.test(typed)) return typed;
  throw new UsageError(
    `--host ${typed} is no address of an engine`,
    "For instance: --host ssh://deploy@server.example",
  );
}

export const ask = (step: Step, { options }: Server): Promise<Ran> => run(step, options);

/** What it prints. @throws XnovuError when it fails. */
export async function must(step: Step, server: Server, what = step.argv.slice(0, 3).join(" ")): Promise<string> {
  const ran = await run(step, server.options);
  if (!ran.ok) throw faultOf(what, ran);
  return ran.stdout.trim();
}

/** For what has to be done although the command was interrupted. */
export function uninterrupted(server: Server): Server {
  const { signal: _, ...options } = server.options;
  return { ...server, options };
}

/** Asks again, a pause between, until it gives something; undefined when the time is over. */
export async function poll<T>(
  limitMs: number,
  probe: () => Promise<T | undefined>,
  pauseMs = 300,
): Promise<T | undefined> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined || Date.now() >= end) return found;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
