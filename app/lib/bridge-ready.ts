import { parse } from "../../core/config/parse.ts";
import { runtimeEnv } from "./env.ts";

/** Whether the bridge is configured. In a file of its own, because `bridge.ts` loads the framework. */
export function bridgeReady(): boolean {
  try {
    parse(runtimeEnv(), ["novu"]);
    return true;
  } catch {
    return false;
  }
}
