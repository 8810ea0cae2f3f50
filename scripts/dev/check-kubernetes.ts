// Fails when the files for Kubernetes and for clouds say what the program does not: settings, versions, metrics, time to stop. Needs no tool and
// no network, so `make check` runs it; `make check-deploy` renders and judges the manifests.
import { fileURLToPath } from "node:url";
import { staticFaults } from "./deploy-check/static.ts";

const faults = staticFaults(fileURLToPath(new URL("../..", import.meta.url)));
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
