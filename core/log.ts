import { type DestinationStream, destination, type Logger, pino } from "pino";
import { masked, secretMask } from "./mask.ts";
import { maskPersonal, personalFields } from "./personal.ts";

export type { Logger };

export interface LogOptions {
  readonly name: string;
  readonly level: string;
  /** Values that no line may contain, also not in texts of libraries. */
  readonly secrets?: readonly string[];
  /** File descriptor; 1 when absent. */
  readonly fd?: number;
}

/**
 * Writes one JSON line per event. Secrets, recipients, contents, and anything that looks like a person's address or phone number are masked.
 * A closed stdout does not end the process.
 */
export function createLogger({ name, level, secrets = [], fd = 1 }: LogOptions): Logger {
  const out = destination({ fd, sync: true });
  out.on("error", () => undefined);
  const mask = secretMask(secrets);
  const stream: DestinationStream = { write: (line) => out.write(maskPersonal(mask(line))) };
  const redact = { paths: [...personalFields], censor: masked };
  return pino({ name, level, redact, timestamp: pino.stdTimeFunctions.isoTime, base: { pid: process.pid } }, stream);
}
