import { createHash, createHmac } from "node:crypto";
import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { isLeftOut } from "./packages.ts";

/** Copies the app that `next build` wrote to `.next/standalone`: server and pages to `to`, its packages to `packagesTo`. */
export function copyApp(root: string, to: string, packagesTo: string): void {
  const standalone = join(root, ".next/standalone");
  const verbatim = { recursive: true, verbatimSymlinks: true } as const;
  const filter = (path: string) => !isLeftOut(path.slice(standalone.length));
  for (const name of readdirSync(standalone)) {
    // Next copies .env files, which are settings of the build machine. Its package.json lists development packages.
    if (name.startsWith(".env") || name === "package.json") continue;
    if (name === "node_modules") cpSync(join(standalone, name), join(packagesTo, name), { ...verbatim, filter });
    else cpSync(join(standalone, name), join(to, name), verbatim);
  }
  cpSync(join(root, ".next/static"), join(to, ".next/static"), verbatim);
  if (existsSync(join(root, "public"))) cpSync(join(root, "public"), join(to, "public"), verbatim);
  settleKeys(join(to, ".next"));
}

/**
 * Replaces Next's random keys by derived ones, so that two builds of one commit are identical. Next creates keys for draft mode and server actions
 * in every build and writes them to several files. Each derived key depends on everything else in the build: without the image or its sources
 * nobody can compute it, and with the image Next's own keys would be readable too. The app uses neither draft mode nor server actions; the keys
 * only protect the cache of its static pages.
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

/** A key with the length and alphabet of the replaced one: hexadecimal, or base64 of 32 bytes. */
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
      throw new Error("Next stores its keys elsewhere now: adapt scripts/compile/app.ts");
    return key;
  });
}

/** Every file below a folder, sorted. Links are not followed. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return entry.isFile() ? [path] : [];
    });
}
