import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureAppBuild } from "../../local/app-build.ts";
import { type Child, startChild, waitReady } from "../../local/child.ts";
import { freePort } from "../../local/ports.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Copies the built app into a folder outside the repository, where no file of the repository's node_modules can replace one that is missing. */
export async function placeApp(folder: string): Promise<string> {
  await ensureAppBuild(root);
  const place = join(folder, "app");
  cpSync(join(root, ".next/standalone"), place, { recursive: true, verbatimSymlinks: true });
  return join(place, "server.js");
}

export interface RunningApp {
  readonly url: string;
  readonly child: Child;
}

/** Starts a placed app with exactly this environment, and returns when it answers. */
export async function startApp(serverPath: string, env: Readonly<Record<string, string>>): Promise<RunningApp> {
  const port = await freePort();
  const child = await startChild({
    name: "app",
    file: process.execPath,
    args: [serverPath],
    // XNOVU_TEST_FILE lets the test runner find a server that a test left behind.
    env: {
      ...env,
      PORT: String(port),
      HOSTNAME: "127.0.0.1",
      NODE_ENV: "production",
      NEXT_TELEMETRY_DISABLED: "1",
      XNOVU_TEST_FILE: process.env.XNOVU_TEST_FILE,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await waitReady(child, () => fetch(`${url}/icon.svg`), { limitMs: 20_000 });
  return { url, child };
}
