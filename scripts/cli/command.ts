import type { Env } from "../../core/config/parse.ts";

/** What a command runs with. Results go to `out`, everything said to a person while it works to `note`. */
export interface Context {
  /** The environment, with `.env` of the project beneath it. */
  readonly env: Env;
  /** Folder of the project: package.json, migrations, .env. */
  readonly root: string;
  /** Folder the command was called in. */
  readonly cwd: string;
  /** A line on stdout. */
  readonly out: (line: string) => void;
  /** A line on stderr. */
  readonly note: (line: string) => void;
  /** True where a person looks at stderr: progress may overwrite itself. */
  readonly interactive: boolean;
  readonly color: boolean;
}

/** One verb of the command line. Keep what `run` needs behind dynamic imports: every command pays for what its file loads. */
export interface Command {
  /** As it is typed, with its arguments in commander's notation: `send <workflow>`; a space makes a verb of a group: `worker start`. */
  readonly name: string;
  readonly summary: string;
  /** Shown first in --help: a command line after `pnpm xnovu `, and what it does. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** More paragraphs for --help: exit codes, files. */
  readonly notes?: string;
  readonly flags: readonly Flag[];
  /** Resolves to the exit code; 0 when it resolves to nothing. Flags arrive by their camelCase names. */
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
