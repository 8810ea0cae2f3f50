// Starts one of the image's two programs as PID 1 of the container: `node start.mjs app|worker`.
//
// The kernel drops signals that PID 1 does not handle, so a stop while the program loads would be lost and end in SIGKILL. Until the program
// installs its own handler, a signal ends the process at once. It has claimed nothing by then.
const programs = { app: "../server.js", worker: "../dist/worker/main.js" };

const name = process.argv[2] ?? "";
if (!Object.hasOwn(programs, name)) {
  console.error("start.mjs app|worker: name the program to start");
  process.exit(2);
}
for (const signal of ["SIGTERM", "SIGINT"])
  process.on(signal, () => {
    if (process.listenerCount(signal) === 1) process.exit(0);
  });

// Next exits with 143 or 130 after an orderly stop, which supervisors report as a failure. Only a handled signal gets here.
if (name === "app")
  process.on("exit", (code) => {
    if (code === 143 || code === 130) process.exitCode = 0;
  });

await import(programs[name]);
