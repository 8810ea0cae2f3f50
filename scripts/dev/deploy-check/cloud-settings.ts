import type { ConfigFile } from "./files.ts";
import { at, listAt } from "./manifest.ts";
import { secretFaults, valueFaults } from "./rules-settings.ts";

/** Settings in the files of clouds that the program would not know or would refuse, and secrets that lie open. One line each. */
export const cloudSettingFaults = (files: readonly ConfigFile[]): string[] =>
  files
    .filter(({ path }) => /^deploy\/(aws|gcp|azure|fly)/.test(path))
    .flatMap(({ path, documents }) => documents.flatMap((document) => within(path, document)));

// What these platforms call a container's settings.
const lists = ["env", "environment", "secrets"];

function within(path: string, value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    if (!lists.includes(key)) return within(path, child);
    if (Array.isArray(child)) return listAt(value, key).flatMap((entry) => entryFaults(path, entry));
    // Fly's [env] is a table.
    return Object.entries(Object(child)).flatMap(([name, text]) => valueFaults(path, name, String(text)));
  });
}

function entryFaults(path: string, entry: unknown): string[] {
  const [name, value] = [String(at(entry, "name")), at(entry, "value")];
  // Azure names the secrets of an app apart from the settings that refer to them.
  if (at(entry, "keyVaultUrl") !== undefined) return [];
  return value === undefined ? secretFaults(path, name) : valueFaults(path, name, String(value));
}
