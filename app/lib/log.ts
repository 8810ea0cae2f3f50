import { parse, secretsOf } from "../../core/config/parse.ts";
import { createLogger, type Logger } from "../../core/log.ts";
import { runtimeEnv } from "./env.ts";
import { oncePerProcess } from "./once.ts";

/** The app's logger. With a bad log level it logs at `info`, so that the log can report the bad setting. */
export const appLog = (): Logger =>
  oncePerProcess("log", () => createLogger({ name: "app", level: level(), secrets: secretsOf(runtimeEnv()) }));

function level(): string {
  try {
    return parse(runtimeEnv(), ["general"]).general.logLevel;
  } catch {
    return "info";
  }
}
