import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse as parseToml } from "smol-toml";
import { parseAllDocuments } from "yaml";
import { messageOf } from "../../../core/errors.ts";

/** A file of deploy/ or a platform's file at the root, with what it says. */
export interface ConfigFile {
  /** From the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** One for each document of a YAML file. */
  readonly documents: readonly unknown[];
}

const atRoot = ["vercel.json", "netlify.toml"];

/** Every YAML, JSON and TOML file there is for running XNovu elsewhere, the chart's templates left out. */
export function configFiles(root: string): { readonly files: ConfigFile[]; readonly faults: string[] } {
  const paths = [...walk(join(root, "deploy")), ...atRoot.map((name) => join(root, name))];
  const faults: string[] = [];
  const files = paths.flatMap((file) => {
    const path = relative(root, file).replaceAll("\\", "/");
    const text = readFileSync(file, "utf8");
    try {
      return [{ path, text, documents: documentsOf(path, text) }];
    } catch (error) {
      faults.push(`${path}: ${messageOf(error)}`);
      return [];
    }
  });
  return { files, faults };
}

const walk = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.(ya?ml|json|toml)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/[\\/]templates[\\/]/.test(path))
    .sort();

function documentsOf(path: string, text: string): unknown[] {
  if (path.endsWith(".json")) return [JSON.parse(text)];
  if (path.endsWith(".toml")) return [parseToml(text)];
  return parseAllDocuments(text).map((document) => {
    const fault = document.errors[0];
    if (fault) throw fault;
    return document.toJS();
  });
}
