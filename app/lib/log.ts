import { parse, secretsOf } from "../../core/config/parse.ts";
import { createLogger, type Logger } from "../../core/log.ts";
import { runtimeEnv } from "./env.ts";
import { oncePerProcess } from "./once.ts";

/** The app's logger. With a bad level it logs at `info`: whoever reads the log must learn of the bad setting from it. */
export const appLog = (): Logger =>
  oncePerProcess("log", () => createLogger({ name: "app", level: level(), secrets: secretsOf(runtimeEnv()) }));

function level(): string {
  try {
    return parse(runtimeEnv(), ["general"]).general.logLevel;
  } catch {
    return "info";
  }
}
