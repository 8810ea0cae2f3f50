import { copyFileSync, lstatSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { nodeFileTrace } from "@vercel/nft";

// Finds the files of node_modules that the compiled code needs, with the tracer that Next uses for the app, so that both share one folder in pnpm's
// layout. The files stay unchanged, with their package.json, so that an image scanner recognises packages and versions.

/** Temporal's workflow bundler needs webpack, swc and memfs, 60 MB for builds only, but the SDK always loads it. */
const bundler = "@temporalio/worker/lib/workflow/bundler.js";
const bundlerStub = `"use strict";
// The workflows are bundled when the image is built. This file replaces the bundler, which needs webpack and swc.
const prebuilt = () => {
  throw new Error("the image has no workflow bundler: the worker loads worker/temporal/workflow-bundle.js");
};
exports.defaultWorkflowInterceptorModules = [require.resolve("../workflow-log-interceptor")];
exports.bundleWorkflowCode = prebuilt;
exports.WorkflowCodeBundler = class {
  constructor() {
    prebuilt();
  }
};
`;

/** Traced files that nothing loads: types, maps, tests, documents except licences. Native libraries are copied by native.ts. */
const left = /\.[cm]?ts$|\.map$|\/(tests?|benchmarks?)\/|\/core-bridge\/releases\/|\/(README|CHANGELOG)[^/]*$/i;
export const isLeftOut = (path: string): boolean => left.test(path);

/** Files and links below node_modules that `packages` (as written in imports) load, relative to `root`, sorted. */
export async function tracePackages(root: string, packages: readonly string[]): Promise<readonly string[]> {
  const entry = join(root, "packages-of-the-image.mjs");
  const text = packages.map((name) => `import(${JSON.stringify(name)});`).join("\n");
  const { fileList } = await nodeFileTrace([entry], {
    base: root,
    processCwd: root,
    ignore: isLeftOut,
    readFile: async (path) => (path === entry ? text : path.endsWith(bundler) ? bundlerStub : read(path)),
  });
  return [...fileList].filter((path) => path.startsWith("node_modules/")).sort();
}

/** Copies files and links unchanged. The list contains both a link and its target, so relative links stay valid. */
export function copyPackages(root: string, files: readonly string[], to: string): void {
  for (const file of files) {
    const [source, target] = [join(root, file), join(to, file)];
    mkdirSync(dirname(target), { recursive: true });
    if (lstatSync(source).isSymbolicLink()) link(readlinkSync(source), target);
    else if (file.endsWith(bundler)) writeFileSync(target, bundlerStub);
    else copyFileSync(source, target);
  }
}

function link(to: string, path: string): void {
  try {
    symlinkSync(to, path);
  } catch (error) {
    // The app's trace contains the same link.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

function read(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    // A folder or a broken link contains no imports.
    return null;
  }
}
