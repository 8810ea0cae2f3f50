// Starts one of the image's two programs as the container's first process: `node start.mjs app|worker`.
//
// The kernel drops a signal that the first process does not handle, so that a stop during the seconds of loading would be lost and end in
// SIGKILL. Until the program has its own handler, a stop ends it at once: nothing has been claimed by then.
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

// Next ends with 143 or 130 after an orderly stop, which supervisors show as a failure. Only a signal that was handled gets here.
if (name === "app")
  process.on("exit", (code) => {
    if (code === 143 || code === 130) process.exitCode = 0;
  });

await import(programs[name]);
