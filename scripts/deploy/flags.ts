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
import { composeFile } from "./plan.ts";
import { dockerHost, type Server } from "./server.ts";

// What the flags of deploy, rollback and releases mean, in one place.

export const hostFlag: Flag = {
  flags: "--host <url>",
  about: "the server's engine: ssh://user@server (default: DOCKER_HOST, this machine)",
};
export const envFileFlag: Flag = {
  flags: "--env-file <file>",
  about: "settings from this file alone, in place of the environment and .env",
};
export const timeoutFlag: Flag = {
  flags: "--timeout <seconds>",
  about: "how long the new pair may take to be healthy",
  fallback: "90",
};
export const drainFlag: Flag = {
  flags: "--drain <seconds>",
  about: "how long requests under way may take after the switch",
  fallback: "30",
};

/** @throws UsageError outside a checkout, for a missing file or a bad address. */
export function serverFor(context: Context, flags: Flags, signal?: AbortSignal): Server {
  if (!existsSync(join(context.root, composeFile)))
    throw new UsageError(`There is no ${composeFile} beside this program`, "Run this in a checkout of XNovu.");
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
    ...edgeOf({ ...(envFile === undefined ? {} : parseEnv(readFileSync(envFile, "utf8"))), ...context.env }),
    by: `${userInfo().username}@${hostname()}`,
    note: context.note,
  };
}

/** As deploy/compose/edge.yaml reads them. */
const edgeOf = (env: Env): Pick<Server, "network" | "edgePorts"> => ({
  network: env.XNOVU_NETWORK || defaultNetwork,
  edgePorts: [portOf("XNOVU_EDGE_APP", env, 4000), portOf("XNOVU_EDGE_WORKER", env, 3001)],
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

/** Compose lets the environment win over a file. */
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
      `${JSON.stringify(typed)} is no release`,
      "Releases are named r1, r2 and so on: pnpm xnovu releases",
    );
  return Number(found);
}
