// A child process of temporal-download.ts: FOLDER VERSION. The SDK can only download and start in one step, so this starts the server and stops it.
import { TestWorkflowEnvironment } from "@temporalio/testing";
import { messageOf } from "../core/errors.ts";

const [downloadDir, version] = process.argv.slice(2);
if (!downloadDir || !version) throw new Error("usage: temporal-download-main.ts FOLDER VERSION");
try {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: "cached-download", downloadDir, version } },
  });
  await environment.teardown();
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
