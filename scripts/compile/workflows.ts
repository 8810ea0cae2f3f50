import { isAbsolute, join, relative } from "node:path";
import { bundleWorkflowCode, DefaultLogger } from "@temporalio/worker";

const comment = "//# sourceMappingURL=data:";

interface SourceMap {
  file: string;
  sources: string[];
  sourcesContent?: string[];
}

/** The workflow bundle that a worker loads. The same sources give the same bytes in any checkout folder. */
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
 * Removes from the bundle's source map what differs between builds (the random file name, absolute paths) and the sources' text, two thirds of the
 * bundle. The worker needs only the mapping, for line numbers in stack traces.
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
