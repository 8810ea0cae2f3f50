// Fails when the files for Kubernetes and for cloud platforms do not match the program: settings, versions, metrics, grace periods, and when
// deploy/kubernetes is stale. Needs no tool and no network, so `make check` runs it. `make check-deploy` renders and checks the manifests.
import { fileURLToPath } from "node:url";
import { staticErrors } from "./deploy-check/static.ts";

const errors = staticErrors(fileURLToPath(new URL("../..", import.meta.url)));
for (const error of errors) console.error(error);
if (errors.length > 0) process.exitCode = 1;
