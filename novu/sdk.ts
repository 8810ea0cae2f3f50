import { Novu } from "@novu/api";
import type { NovuOptions } from "./client.ts";

/** The SDK as a queue needs it: its own retries off (they go on for an hour, and the outbox owns them), and always a time limit. */
export const createSdk = ({ secretKey, apiUrl, timeoutMs }: NovuOptions): Novu =>
  new Novu({ secretKey, serverURL: apiUrl, timeoutMs, retryConfig: { strategy: "none" } });
