import type { ConfigFile } from "./files.ts";
import { at, listAt } from "./manifest.ts";
import { secretErrors, valueErrors } from "./rules-settings.ts";

/** Settings in the cloud platforms' files that the program does not know or refuses, and secrets in plain text. One line each. */
export const cloudSettingErrors = (files: readonly ConfigFile[]): string[] =>
  files
    .filter(({ path }) => /^deploy\/(aws|gcp|azure|fly)/.test(path))
    .flatMap(({ path, documents }) => documents.flatMap((document) => within(path, document)));

// Keys that these platforms use for the settings of a container.
const lists = ["env", "environment", "secrets"];

function within(path: string, value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    if (!lists.includes(key)) return within(path, child);
    if (Array.isArray(child)) return listAt(value, key).flatMap((entry) => entryErrors(path, entry));
    // Fly's [env] is a table.
    return Object.entries(Object(child)).flatMap(([name, text]) => valueErrors(path, name, String(text)));
  });
}

function entryErrors(path: string, entry: unknown): string[] {
  const [name, value] = [String(at(entry, "name")), at(entry, "value")];
  // Azure lists the secrets of an app separately from the settings that refer to them.
  if (at(entry, "keyVaultUrl") !== undefined) return [];
  return value === undefined ? secretErrors(path, name) : valueErrors(path, name, String(value));
}
