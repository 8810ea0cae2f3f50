import { existsSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { XnovuError } from "../../core/errors.ts";
import { ensureAppBuild } from "../app-build.ts";
import { fillOnce } from "../cache.ts";

export interface PlacedApp {
  readonly serverPath: string;
  readonly built: boolean;
}

/**
 * Builds the app when its sources changed, and copies it to `<folder>/<hash of the sources>`. A copy, because the next build replaces `.next` and a
 * server that runs from there would lose its files. Removes older copies except the last one.
 */
export async function placeApp(root: string, folder: string, log: (line: string) => void): Promise<PlacedApp> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const { built } = await ensureAppBuild(root, log);
    const mark = readMark(root);
    // Another build has just started.
    if (mark === "") continue;
    const place = join(folder, mark.slice(0, 16));
    if (!existsSync(place)) {
      const copy = (temporary: string) =>
        cp(join(root, ".next/standalone"), temporary, { recursive: true, verbatimSymlinks: true });
      // A build that starts meanwhile removes files during the copy.
      const whole = await fillOnce(place, copy).then(
        () => readMark(root) === mark,
        () => false,
      );
      if (!whole) {
        rmSync(place, { recursive: true, force: true });
        continue;
      }
    }
    prune(folder, place);
    return { serverPath: join(place, "server.js"), built };
  }
  throw new XnovuError("The app could not be copied: its build changed during each attempt.", {
    hint: "Check for another process that keeps building the app.",
  });
}

function readMark(root: string): string {
  try {
    return readFileSync(join(root, ".next/xnovu-sources"), "utf8").trim();
  } catch {
    return "";
  }
}

/** Keeps two copies: another stack of this checkout (a demo) may run from the previous one. */
function prune(folder: string, place: string): void {
  const now = new Date();
  utimesSync(place, now, now);
  const age = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const copies = readdirSync(folder)
    .map((name) => join(folder, name))
    .sort((a, b) => age(b) - age(a));
  for (const old of copies.slice(2)) if (!old.includes(".new-")) rmSync(old, { recursive: true, force: true });
}
