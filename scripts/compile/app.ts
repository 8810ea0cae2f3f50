import { createHash, createHmac } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isLeftOut } from "./packages.ts";

/** Puts the app that `next build` left in `.next/standalone` below `to`: server and pages into `to`, its packages into `packagesTo`. */
export function copyApp(root: string, to: string, packagesTo: string): void {
  const standalone = join(root, ".next/standalone");
  const verbatim = { recursive: true, verbatimSymlinks: true } as const;
  const filter = (path: string) => !isLeftOut(path.slice(standalone.length));
  for (const name of readdirSync(standalone)) {
    // Next copies .env files along: settings of the machine that built. Its package.json asks for the development's packages.
    if (name.startsWith(".env") || name === "package.json") continue;
    if (name === "node_modules") cpSync(join(standalone, name), join(packagesTo, name), { ...verbatim, filter });
    else cpSync(join(standalone, name), join(to, name), verbatim);
  }
  cpSync(join(root, ".next/static"), join(to, ".next/static"), verbatim);
  if (existsSync(join(root, "public"))) cpSync(join(root, "public"), join(to, "public"), verbatim);
  settleKeys(join(to, ".next"));
}

/**
 * Next makes random keys for draft mode and server actions in every build and writes them into several files, so no two builds of one commit
 * are equal. Here each is replaced by one derived from everything else that was built: the same for the same build, and unknown to whoever has
 * neither the image nor the means to build it, which is just whom Next's own keys in an image are hidden from. The app uses neither draft
 * mode nor server actions: what the keys guard is the bypass of the cache of its static pages.
 */
export function settleKeys(folder: string): void {
  const keys = randomKeys(folder);
  const content = createHash("sha256");
  const found: { path: string; text: string }[] = [];
  for (const path of filesBelow(folder)) {
    const bytes = readFileSync(path);
    const name = `${relative(folder, path)}\0${bytes.length}\0`;
    const text = bytes.toString("latin1");
    if (!keys.some((key) => text.includes(key))) {
      content.update(name).update(bytes);
      continue;
    }
    content.update(name).update(
      replaceAll(text, keys, (index) => `key ${index}`),
      "latin1",
    );
    found.push({ path, text });
  }
  const seed = content.digest();
  for (const { path, text } of found)
    writeFileSync(
      path,
      replaceAll(text, keys, (index, key) => derive(seed, index, key)),
      "latin1",
    );
}

const replaceAll = (text: string, keys: readonly string[], by: (index: number, key: string) => string): string =>
  keys.reduce((result, key, index) => result.replaceAll(key, by(index, key)), text);

/** Of the length and in the alphabet of the key it replaces: hexadecimal, or base64 of 32 bytes. */
function derive(seed: Buffer, index: number, key: string): string {
  const hmac = createHmac("sha256", seed).update(`key ${index}`);
  return /^[0-9a-f]+$/.test(key) ? hmac.digest("hex").slice(0, key.length) : hmac.digest("base64");
}

function randomKeys(folder: string): string[] {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const { preview } = read("prerender-manifest.json") as { preview: Record<string, string> };
  const { encryptionKey } = read("server/server-reference-manifest.json") as { encryptionKey: string };
  const keys = [preview.previewModeId, preview.previewModeSigningKey, preview.previewModeEncryptionKey, encryptionKey];
  return keys.map((key) => {
    if (key === undefined || key.length < 32)
      throw new Error("Next keeps its keys elsewhere: adapt scripts/compile/app.ts");
    return key;
  });
}

/** Every file below a folder, sorted; links are not followed. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return entry.isFile() ? [path] : [];
    });
}
