import { Novu } from "@novu/api";
import type { NovuOptions } from "./client.ts";

/** The SDK with a time limit and without its own retries: those last up to an hour, and the outbox retries itself. */
export const createSdk = ({ secretKey, apiUrl, timeoutMs }: NovuOptions): Novu =>
  new Novu({ secretKey, serverURL: apiUrl, timeoutMs, retryConfig: { strategy: "none" } });
