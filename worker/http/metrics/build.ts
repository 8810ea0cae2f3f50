import { Gauge, type Registry } from "prom-client";

export interface Build {
  readonly version: string;
  /** Commit; `unknown` when the build did not say. */
  readonly revision: string;
  /** When credentials of known expiry end, by what they are. Unix seconds. */
  readonly credentialExpiries: Readonly<Record<string, number>>;
}

/** What is fixed for the life of the process. Its start is prom-client's `process_start_time_seconds`. */
export function addBuild(registry: Registry, { version, revision, credentialExpiries }: Build): void {
  const registers = [registry];
  new Gauge({
    name: "xnovu_build_info",
    help: "1; the labels say which build runs.",
    labelNames: ["version", "revision"],
    registers,
  }).set({ version, revision }, 1);
  const expiry = new Gauge({
    name: "xnovu_credential_expiry_timestamp_seconds",
    help: "When a certificate or key of this worker ends, where it says so itself.",
    labelNames: ["credential"],
    registers,
  });
  for (const [credential, at] of Object.entries(credentialExpiries)) expiry.set({ credential }, at);
}
