// The image's own health check: asks the program that the container runs, app or worker, whether it is healthy. Exit 0 yes, 1 no.
import { readFileSync } from "node:fs";

const isWorker = /\bworker\b/.test(readFileSync("/proc/1/cmdline", "utf8"));
const { PORT = "4000", WORKER_HEALTH_PORT = "3001" } = process.env;
const url = isWorker
  ? `http://localhost:${WORKER_HEALTH_PORT || 3001}/health`
  : `http://localhost:${PORT || 4000}/api/health`;
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(8_000) });
  // Docker keeps what a check prints: `docker inspect` then tells what is wrong.
  console.log(`${url} answered ${response.status}: ${(await response.text()).slice(0, 2_000)}`);
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  console.log(`${url} does not answer: ${error?.cause?.message || error?.cause?.code || error?.message}`);
  process.exitCode = 1;
}
