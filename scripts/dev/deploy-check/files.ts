import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parse as parseToml } from "smol-toml";
import { parseAllDocuments } from "yaml";
import { messageOf } from "../../../core/errors.ts";

/** A parsed file of deploy/, or of a platform at the root. */
export interface ConfigFile {
  /** Relative to the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** One for each document of a YAML file. */
  readonly documents: readonly unknown[];
}

const atRoot = ["vercel.json", "netlify.toml"];

/** Every YAML, JSON and TOML file for deployments, except the templates of the chart. */
export function configFiles(root: string): { readonly files: ConfigFile[]; readonly errors: string[] } {
  const paths = [...walk(join(root, "deploy")), ...atRoot.map((name) => join(root, name))];
  const errors: string[] = [];
  const files = paths.flatMap((file) => {
    const path = relative(root, file).replaceAll("\\", "/");
    const text = readFileSync(file, "utf8");
    try {
      return [{ path, text, documents: documentsOf(path, text) }];
    } catch (error) {
      errors.push(`${path}: ${messageOf(error)}`);
      return [];
    }
  });
  return { files, errors };
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
    const error = document.errors[0];
    if (error) throw error;
    return document.toJS();
  });
}
