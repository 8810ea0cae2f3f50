// The worker's process. It loads nothing before it handles signals: a stop while the worker loads ends it at once, and cleanly, since nothing is
// claimed yet. As process 1 of a container it would otherwise ignore the signal.
const early = () => process.exit(0);
const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
for (const signal of signals) process.on(signal, early);

// A closed pipe is no reason to stop delivering.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

const { exitCodes, XnovuError } = await import("../core/errors.ts");
try {
  const { runWorker } = await import("./worker-process.ts");
  const code = await runWorker(() => {
    for (const signal of signals) process.off(signal, early);
  });
  process.exit(code);
} catch (error) {
  const known = error instanceof XnovuError;
  const text = known ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n${known && error.hint ? `${error.hint}\n` : ""}`);
  process.exit(known ? error.exitCode : exitCodes.failed);
}
