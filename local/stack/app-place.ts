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
 * Builds the app when its sources changed and copies it to `<folder>/<hash of the sources>`: a build replaces what lies in `.next`, and a
 * server that runs from there would miss its own files. Copies of older sources are removed, the last one kept.
 */
export async function placeApp(root: string, folder: string, log: (line: string) => void): Promise<PlacedApp> {
  for (let attempt = 1; attempt <= 3; attempt++) {
    const { built } = await ensureAppBuild(root, log);
    const mark = readMark(root);
    // Another build has just begun.
    if (mark === "") continue;
    const place = join(folder, mark.slice(0, 16));
    if (!existsSync(place)) {
      const copy = (temporary: string) =>
        cp(join(root, ".next/standalone"), temporary, { recursive: true, verbatimSymlinks: true });
      // A build that began meanwhile takes files away under the copy.
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
  throw new XnovuError("The app could not be copied: its build changed each time.", {
    hint: "Does another process build the app all the time?",
  });
}

function readMark(root: string): string {
  try {
    return readFileSync(join(root, ".next/xnovu-sources"), "utf8").trim();
  } catch {
    return "";
  }
}

/** Another stack of this checkout (a demo) may run from the copy before. */
function prune(folder: string, place: string): void {
  const now = new Date();
  utimesSync(place, now, now);
  const age = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const copies = readdirSync(folder)
    .map((name) => join(folder, name))
    .sort((a, b) => age(b) - age(a));
  for (const old of copies.slice(2)) if (!old.includes(".new-")) rmSync(old, { recursive: true, force: true });
}
