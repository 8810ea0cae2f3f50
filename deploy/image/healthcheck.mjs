// The health check of the image: requests the health of the program that the container runs, app or worker. Exit 0: healthy, 1: not.
import { readFileSync } from "node:fs";

const isWorker = /\bworker\b/.test(readFileSync("/proc/1/cmdline", "utf8"));
const { PORT = "4000", WORKER_HEALTH_PORT = "3001" } = process.env;
const url = isWorker
  ? `http://localhost:${WORKER_HEALTH_PORT || 3001}/health`
  : `http://localhost:${PORT || 4000}/api/health`;
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(8_000) });
  // Docker keeps the output, and `docker inspect` shows it.
  console.log(`${url} answered ${response.status}: ${(await response.text()).slice(0, 2_000)}`);
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  console.log(`${url} does not answer: ${error?.cause?.message || error?.cause?.code || error?.message}`);
  process.exitCode = 1;
}
