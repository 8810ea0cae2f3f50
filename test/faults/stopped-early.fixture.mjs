// Preloaded into a worker: it gets a SIGTERM while it loads, at the first thing that its main file does after it listens to signals.
process.stdout.on("newListener", (event) => {
  if (event !== "error") return;
  process.stdout.removeAllListeners("newListener");
  process.kill(process.pid, "SIGTERM");
});
