import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Log } from "@xnovu/test-engine/command";
import ts from "typescript";
import { cached, npmInstall } from "./cached.ts";
import { type Manifest, nameOf } from "./manifest.ts";
import { isBuiltIn } from "./schemas.ts";

// Types generated from the operators' Go types: KEDA, Prometheus operator, External Secrets.
const packages = [
  "@kubernetes-models/keda@2.0.0",
  "@kubernetes-models/prometheus-operator@6.0.0",
  "@kubernetes-models/external-secrets@2.0.0",
];

const packageOf: Readonly<Record<string, string>> = {
  "keda.sh": "keda",
  "monitoring.coreos.com": "prometheus-operator",
  "external-secrets.io": "external-secrets",
};

/**
 * Type errors of the operators' objects, each as a literal of its kind's type: unknown fields, missing fields, wrong types. The types do not
 * cover formats of strings, such as durations. One line each.
 */
export async function crdErrors(manifests: readonly Manifest[], folder: string, log: Log): Promise<string[]> {
  const custom = manifests.filter((manifest) => !isBuiltIn(manifest));
  const unknown = custom.filter(({ apiVersion }) => packageOf[groupOf(apiVersion)] === undefined);
  if (unknown.length > 0)
    return unknown.map((manifest) => `${nameOf(manifest)}: no types of ${manifest.apiVersion} here`);
  const modules = join(await operatorTypes(log), "node_modules");
  const file = join(folder, "custom.ts");
  writeFileSync(file, custom.map((manifest, index) => literal(manifest, index, modules)).join("\n"));
  return diagnose(file, custom);
}

/** The folder of the operators' types. @throws EngineError when npm or a package is not available. */
export const operatorTypes = (log: Log): Promise<string> =>
  cached("operator-types-1", log, (folder) => npmInstall(folder, packages, log));

const groupOf = (apiVersion: string): string => apiVersion.split("/")[0] ?? "";

function literal(manifest: Manifest, index: number, modules: string): string {
  const folder = `${modules}/@kubernetes-models/${packageOf[groupOf(manifest.apiVersion)]}/${manifest.apiVersion}`;
  const type = `import(${JSON.stringify(`${folder}/${manifest.kind}.js`)}).I${manifest.kind}`;
  return `export const object${index}: ${type} = ${JSON.stringify(manifest)};`;
}

function diagnose(file: string, custom: readonly Manifest[]): string[] {
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: [],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
  };
  const program = ts.createProgram([file], options);
  return ts.getPreEmitDiagnostics(program).map(({ file: place, start = 0, messageText }) => {
    // There is one object in each line.
    const manifest = custom[place?.getLineAndCharacterOfPosition(start).line ?? -1];
    return `${manifest ? nameOf(manifest) : file}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
  });
}
