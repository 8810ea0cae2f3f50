import { existsSync, readFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join, resolve } from "node:path";
import { parseEnv } from "node:util";
import type { Env } from "../../core/config/parse.ts";
import { variables } from "../../core/config/variables.ts";
import { UsageError } from "../../core/errors.ts";
import { type Context, type Flag, type Flags, text, texts } from "../cli/command.ts";
import { count } from "../cli/input.ts";
import { defaultNetwork } from "./names.ts";
import { composeFile } from "./release-plan.ts";
import { dockerHost, type Server } from "./server.ts";

// Flags that deploy, rollback and releases share.

export const hostFlag: Flag = {
  flags: "--host <url>",
  about: "Docker engine of the server: ssh://user@server (default: DOCKER_HOST, or this machine)",
};
export const envFileFlag: Flag = {
  flags: "--env-file <file>",
  about: "read settings only from this file, not from the environment or .env",
};
export const timeoutFlag: Flag = {
  flags: "--timeout <seconds>",
  about: "time limit for the release to become healthy",
  fallback: "90",
};
export const drainFlag: Flag = {
  flags: "--drain <seconds>",
  about: "time limit for requests in progress after the switch",
  fallback: "30",
};

/** @throws UsageError outside a checkout, for a missing file or a bad address. */
export function serverFor(context: Context, flags: Flags, signal?: AbortSignal): Server {
  if (!existsSync(join(context.root, composeFile)))
    throw new UsageError(`There is no ${composeFile} beside this program`, "Run the command in a checkout of XNovu.");
  const host = text(flags, "host");
  const envFile = existing(context, text(flags, "envFile"));
  const files = texts(flags, "file").map((file) => existing(context, file) ?? file);
  return {
    options: {
      cwd: context.root,
      env: {
        ...(envFile === undefined ? context.env : withoutSettings(context.env)),
        ...(host === undefined ? {} : { DOCKER_HOST: dockerHost(host) }),
      },
      ...(signal === undefined ? {} : { signal }),
    },
    inputs: { files, envFile },
    ...proxyOf({ ...(envFile === undefined ? {} : parseEnv(readFileSync(envFile, "utf8"))), ...context.env }),
    by: `${userInfo().username}@${hostname()}`,
    note: context.note,
  };
}

/** As deploy/compose/proxy.yaml reads them. */
const proxyOf = (env: Env): Pick<Server, "network" | "proxyPorts"> => ({
  network: env.XNOVU_NETWORK || defaultNetwork,
  proxyPorts: [portOf("XNOVU_PROXY_APP", env, 4000), portOf("XNOVU_PROXY_WORKER", env, 3001)],
});

/** `4000` of `127.0.0.1:4000`. */
const portOf = (variable: string, env: Env, fallback: number): readonly [string, number] => [
  variable,
  Number((env[variable] || String(fallback)).split(":").at(-1)),
];

function existing({ cwd }: Context, file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  const path = resolve(cwd, file);
  if (!existsSync(path)) throw new UsageError(`There is no file ${path}`);
  return path;
}

/** Compose prefers the environment to an env file, so the settings are removed from it. */
function withoutSettings(env: Context["env"]): Context["env"] {
  const names = new Set(
    Object.values(variables).flatMap((group) => Object.values(group).map((variable) => variable.env as string)),
  );
  return Object.fromEntries(Object.entries(env).filter(([name]) => !names.has(name.replace(/_FILE$/, ""))));
}

export const seconds = (flags: Flags, name: string): number =>
  count(text(flags, name) ?? "", `--${name}`, 1, 3_600) * 1_000;

/** `r12` or `12`. */
export function releaseNumber(typed: string | undefined): number | undefined {
  if (typed === undefined) return undefined;
  const found = /^r?([1-9]\d{0,8})$/.exec(typed)?.[1];
  if (found === undefined)
    throw new UsageError(
      `${JSON.stringify(typed)} is not a release`,
      "Releases are named r1, r2 and so on. `pnpm xnovu releases` lists them.",
    );
  return Number(found);
}
