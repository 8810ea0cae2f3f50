import { UsageError } from "../../core/errors.ts";
import { sleep } from "../../core/time.ts";
import { commandError } from "../image/buildx.ts";
import { type Ran, type RunOptions, run, type Step } from "../image/run-step.ts";
import type { ComposeInputs } from "./release-plan.ts";

/** The server to deploy to, and how this machine reaches it. */
export interface Server {
  readonly options: RunOptions;
  readonly inputs: ComposeInputs;
  /** Docker network of the proxy and the releases. */
  readonly network: string;
  /** Ports of the proxy on the server, each with the variable that sets it. */
  readonly proxyPorts: readonly (readonly [variable: string, port: number])[];
  /** user@machine, for the audit log. */
  readonly by: string;
  readonly note: (line: string) => void;
}

/** @throws UsageError for an address that the Docker client does not accept. */
export function dockerHost(typed: string): string {
  if (/^(ssh|tcp|unix):\/\/./.test(typed)) return typed;
  throw new UsageError(
    `--host ${typed} is not the address of a Docker engine`,
    "Example: --host ssh://deploy@server.example",
  );
}

export const runOn = (step: Step, { options }: Server): Promise<Ran> => run(step, options);

/** Runs a step and returns what it printed. @throws XnovuError when it fails. */
export async function mustRun(step: Step, server: Server, what = step.argv.slice(0, 3).join(" ")): Promise<string> {
  const ran = await run(step, server.options);
  if (!ran.ok) throw commandError(what, ran);
  return ran.stdout.trim();
}

/** The same server without the abort signal, for cleanup after an interrupt. */
export function uninterrupted(server: Server): Server {
  const { signal: _, ...options } = server.options;
  return { ...server, options };
}

/** Repeats `probe` with pauses until it returns a value. Undefined after the time limit. */
export async function poll<T>(
  limitMs: number,
  probe: () => Promise<T | undefined>,
  pauseMs = 300,
): Promise<T | undefined> {
  const end = Date.now() + limitMs;
  for (;;) {
    const found = await probe();
    if (found !== undefined || Date.now() >= end) return found;
    await sleep(pauseMs);
  }
}
