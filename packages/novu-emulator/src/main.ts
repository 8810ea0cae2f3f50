import { parseArgs } from "node:util";
import { errorText } from "./error-text.ts";
import { type NovuOptions, startNovu } from "./server.ts";

/** Ends the process with this code. 2 is wrong usage, 78 a missing setting (EX_CONFIG of sysexits.h). */
class ExitError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

// The secret comes by the environment alone: everybody on the machine can read another process's arguments.
function readArguments() {
  try {
    return parseArgs({
      options: {
        port: { type: "string" },
        host: { type: "string" },
        "data-file": { type: "string" },
        "bridge-url": { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new ExitError(2, errorText(error));
  }
}

async function main(): Promise<void> {
  const values = readArguments();
  const secretKey = process.env.NOVU_SECRET_KEY?.trim();
  if (!secretKey)
    throw new ExitError(78, "NOVU_SECRET_KEY is missing: clients send it, and bridge calls are signed with it");
  const port = Number(values.port ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new ExitError(2, `--port is not a port number (it is ${JSON.stringify(values.port)})`);
  }
  const options: NovuOptions = {
    secretKey,
    port,
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values["data-file"] === undefined ? {} : { dataFile: values["data-file"] }),
    ...(values["bridge-url"] === undefined ? {} : { bridgeUrl: values["bridge-url"] }),
    log: (level, message) => {
      if (level !== "debug") console.error(JSON.stringify({ time: new Date().toISOString(), level, message }));
    },
  };
  const novu = await startNovu(options);
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(1);
    stopping = true;
    novu.close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(errorText(error));
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  console.log(JSON.stringify({ url: novu.url, port: novu.port, pid: process.pid }));
}

main().catch((error: unknown) => {
  console.error(errorText(error));
  process.exit(error instanceof ExitError ? error.code : 1);
});
