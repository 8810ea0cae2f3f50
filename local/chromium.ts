import type { Log } from "@xnovu/test-engine/command";
import { aptInstall } from "@xnovu/test-engine/debian";
import { EngineError } from "@xnovu/test-engine/errors";
import { onPath } from "@xnovu/test-engine/tool-find";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"] as const;

/**
 * A Chromium on PATH; Debian's is installed where there is none and this process may.
 *
 * @throws EngineError that says what to install.
 */
export async function findChromium(log: Log): Promise<string> {
  const found = () => names.map((name) => onPath(name)).find((path) => path !== undefined);
  const present = found();
  if (present !== undefined) return present;
  await aptInstall(["chromium"], "Chromium", log, "Install Chromium, or Chrome.");
  const installed = found();
  if (installed === undefined) throw new EngineError("Chromium was installed and is not on PATH");
  return installed;
}

/** No start page, updates or background network traffic. No sandbox, because it does not work as root. */
export const chromiumArgs = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
] as const;
