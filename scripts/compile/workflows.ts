import { isAbsolute, join, relative } from "node:path";
import { bundleWorkflowCode, DefaultLogger } from "@temporalio/worker";

const comment = "//# sourceMappingURL=data:";

interface SourceMap {
  file: string;
  sources: string[];
  sourcesContent?: string[];
}

/** The workflow bundle that a worker loads, the same bytes for the same sources wherever the checkout lies. */
export async function compileWorkflows(root: string): Promise<string> {
  const logger = new DefaultLogger("ERROR", ({ message }) => console.error(message));
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(root, "worker/temporal/workflows/index.ts"),
    logger,
    webpackConfigHook: (config) => ({ ...config, context: root }),
  });
  return normaliseSourceMap(code, root);
}

/**
 * Takes out of the bundle's source map what differs from build to build: the random file name, absolute paths. The sources' text goes too,
 * two thirds of the bundle; the worker needs the mapping alone, to give stack traces the lines of the sources.
 */
function normaliseSourceMap(code: string, root: string): string {
  const at = code.lastIndexOf(comment);
  const encoded = code.slice(at).split("base64,")[1];
  if (at < 0 || encoded === undefined)
    throw new Error("the workflow bundle has no source map: the worker would refuse it");
  const map = JSON.parse(Buffer.from(encoded.trim(), "base64").toString()) as SourceMap;
  const source = (path: string) => path.replaceAll(`${root}/`, "").replace(/^ignored\|/, "ignored/");
  const sources = map.sources.map((path) => (isAbsolute(path) ? relative(root, path) : source(path)));
  const { sourcesContent: _, ...rest } = map;
  const json = JSON.stringify({ ...rest, file: "workflow-bundle.js", sources });
  return `${code.slice(0, at)}${comment}application/json;base64,${Buffer.from(json).toString("base64")}\n`;
}
