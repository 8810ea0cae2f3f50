// Fails when a relative link in a Markdown file leads nowhere. `make check` runs it.
import { brokenLinks } from "./links.ts";
import { projectRoot, trackedFiles } from "./tracked.ts";

const broken = brokenLinks(
  projectRoot,
  trackedFiles().filter((path) => path.endsWith(".md")),
);
for (const { file, line, target, reason } of broken) console.error(`${file}:${line}: ${target}: ${reason}`);
if (broken.length > 0) process.exitCode = 1;
