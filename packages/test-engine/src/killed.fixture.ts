// Starts an engine in the folder named on the command line and waits to be killed.
import { startEngine } from "./engine.ts";

await startEngine({ dir: process.argv[2] ?? "", log: console.error });
process.stdout.write("started\n");
setInterval(() => undefined, 1_000);
