import type { Env } from "../../core/config/parse.ts";

/** What a command runs with. Results go to `out`, progress and messages for people to `note`. */
export interface Context {
  /** The environment, with `.env` of the project as defaults. */
  readonly env: Env;
  /** Folder of the project, with package.json, migrations and .env. */
  readonly root: string;
  /** Working folder of the caller. */
  readonly cwd: string;
  /** Prints a line to stdout. */
  readonly out: (line: string) => void;
  /** Prints a line to stderr. */
  readonly note: (line: string) => void;
  /** True when stderr is a terminal: progress may overwrite itself. */
  readonly interactive: boolean;
  readonly color: boolean;
}

/** One command. `run` should import what it needs dynamically: --help loads the files of all commands. */
export interface Command {
  /** As typed, with arguments in commander's notation: `send <workflow>`. A space separates group and verb: `worker start`. */
  readonly name: string;
  readonly summary: string;
  /** Shown first in --help: a command line without `pnpm xnovu `, and what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** More paragraphs for --help: exit codes, files. */
  readonly notes?: string;
  readonly flags: readonly Flag[];
  /** Resolves to the exit code, or to undefined for 0. Flags have camelCase names. */
  readonly run: (context: Context, args: readonly string[], flags: Flags) => Promise<number | undefined>;
}

export interface Flag {
  /** In commander's notation: `-n, --limit <count>`, `--json`. */
  readonly flags: string;
  readonly about: string;
  readonly fallback?: string | boolean;
  readonly choices?: readonly string[];
  readonly repeat?: boolean;
  /** The flag's old name. It still works and --help does not show it. */
  readonly formerly?: string;
}

export type Flags = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export const json: Flag = { flags: "--json", about: "print JSON for machines" };
export const tenantFlag = (about: string): Flag => ({ flags: "--tenant <id>", about, formerly: "--enterprise <id>" });

/** The text of a flag, or undefined when it was not given. */
export const text = (flags: Flags, name: string): string | undefined => {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
};
export const isSet = (flags: Flags, name: string): boolean => flags[name] === true;
export const texts = (flags: Flags, name: string): readonly string[] => {
  const value = flags[name];
  return Array.isArray(value) ? value : typeof value === "string" ? [value] : [];
};
