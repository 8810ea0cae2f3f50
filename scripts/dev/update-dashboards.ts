import { writeFileSync } from "node:fs";
import { dashboardFiles } from "./dashboards/files.ts";

for (const [path, text] of dashboardFiles()) writeFileSync(new URL(`../../${path}`, import.meta.url), text);
