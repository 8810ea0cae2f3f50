import { Client, serve } from "@novu/framework/next";
import { parse } from "../../core/config/parse.ts";
import { workflows } from "../../novu/workflows/index.ts";
import { runtimeEnv } from "./env.ts";
import { oncePerProcess } from "./once.ts";

/**
 * The bridge that Novu calls for each step. Created on first use: at build time there is no key.
 *
 * @throws SettingsError when NOVU_SECRET_KEY is missing.
 */
export function bridge(): ReturnType<typeof serve> {
  const { novu } = parse(runtimeEnv(), ["novu"]);
  return oncePerProcess("bridge", () => {
    const client = new Client({
      secretKey: novu.secretKey,
      apiUrl: novu.apiUrl,
      // By default the framework checks signatures only in production.
      strictAuthentication: true,
      verbose: false,
    });
    return serve({ client, workflows });
  });
}
