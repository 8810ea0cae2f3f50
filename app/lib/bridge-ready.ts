import { parse } from "../../core/config/parse.ts";
import { runtimeEnv } from "./env.ts";

/** Whether the bridge has what it needs to answer. Apart from `bridge.ts`, so that asking does not load the framework. */
export function bridgeReady(): boolean {
  try {
    parse(runtimeEnv(), ["novu"]);
    return true;
  } catch {
    return false;
  }
}
