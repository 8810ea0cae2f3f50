import { parseArgs } from "node:util";
import { parse } from "../../core/config/parse.ts";
import { messageOf, UsageError, XnovuError } from "../../core/errors.ts";
import { type NovuOptions, startNovu } from "./server.ts";

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
    throw new UsageError(messageOf(error));
  }
}

async function main(): Promise<void> {
  const values = readArguments();
  const { secretKey } = parse(process.env, ["novu"]).novu;
  const port = Number(values.port ?? 0);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new UsageError(`--port is not a port number (it is ${JSON.stringify(values.port)})`);
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
        console.error(messageOf(error));
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  console.log(JSON.stringify({ url: novu.url, port: novu.port, pid: process.pid }));
}

main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exit(error instanceof XnovuError ? error.exitCode : 1);
});
