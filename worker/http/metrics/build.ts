import { Gauge, type Registry } from "prom-client";

export interface Build {
  readonly version: string;
  /** Commit; `unknown` when the build did not say. */
  readonly revision: string;
  /** When credentials expire, by name, in Unix seconds. Without those of unknown expiry. */
  readonly credentialExpiry: Readonly<Record<string, number>>;
}

/** Metrics that never change while the process runs. prom-client adds `process_start_time_seconds`. */
export function addBuild(registry: Registry, { version, revision, credentialExpiry }: Build): void {
  const registers = [registry];
  new Gauge({
    name: "xnovu_build_info",
    help: "Always 1; the labels name the build that runs.",
    labelNames: ["version", "revision"],
    registers,
  }).set({ version, revision }, 1);
  const expiry = new Gauge({
    name: "xnovu_credential_expiry_timestamp_seconds",
    help: "When a certificate or key of this worker expires, where it carries that date.",
    labelNames: ["credential"],
    registers,
  });
  for (const [credential, at] of Object.entries(credentialExpiry)) expiry.set({ credential }, at);
}
