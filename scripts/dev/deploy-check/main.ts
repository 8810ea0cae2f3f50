// `make check-deploy`: every check of the manifests. Needs Go (for kustomize, Helm and kubeconform, unless they are installed), python3 with pip,
// and npm. The first run downloads and builds its tools into the cache folder, which takes some minutes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf } from "../../../core/errors.ts";
import { checkAll } from "./all.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "xnovu-deploy-"));
try {
  for await (const { what, errors } of checkAll(root, folder, (line) => console.error(line))) {
    console.log(`${errors.length === 0 ? "ok" : "FAILED"}  ${what}`);
    for (const error of errors) console.log(`        ${error}`);
    if (errors.length > 0) process.exitCode = 1;
  }
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
