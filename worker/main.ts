// The worker's process. Loads nothing before it listens to signals: a stop that comes while the worker is loaded ends it at once, and cleanly,
// since nothing was claimed yet. As process 1 of a container an unheard signal would be lost.
const early = () => process.exit(0);
const signals = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
for (const signal of signals) process.on(signal, early);

// A reader that went away (a closed pipe) is no reason to stop delivering.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

const { exitCodes, XnovuError } = await import("../core/errors.ts");
try {
  const { run } = await import("./run.ts");
  const code = await run(() => {
    for (const signal of signals) process.off(signal, early);
  });
  process.exit(code);
} catch (error) {
  const known = error instanceof XnovuError;
  const text = known ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n${known && error.hint ? `${error.hint}\n` : ""}`);
  process.exit(known ? error.exitCode : exitCodes.failed);
}
