import { readFileSync } from "node:fs";
import { dashboardFiles } from "./dashboards/files.ts";

for (const [path, text] of dashboardFiles()) {
  if (readFileSync(new URL(`../../${path}`, import.meta.url), "utf8") === text) continue;
  console.error(`${path} is out of date: run \`node --import tsx scripts/dev/update-dashboards.ts\``);
  process.exitCode = 1;
}
