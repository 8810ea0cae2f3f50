/** Exit codes of every command, documented in the README. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, settings: 78 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/**
 * An error for people: `message` says what is wrong, `hint` what to do next, `exitCode` how the process ends.
 * Anything thrown that is not an XnovuError is a bug and is shown with its stack.
 */
export class XnovuError extends Error {
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;

  constructor(message: string, options: { exitCode?: ExitCode; hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.exitCode = options.exitCode ?? exitCodes.failed;
    this.hint = options.hint;
  }
}

/** Wrong use of the command line; nothing was changed. Exit 2. */
export class UsageError extends XnovuError {
  constructor(message: string, hint?: string) {
    super(message, { exitCode: exitCodes.usage, ...(hint === undefined ? {} : { hint }) });
  }
}

/** Settings are missing or wrong. `problems` has one line for each, with secrets masked. Exit 78 (EX_CONFIG of sysexits.h). */
export class SettingsError extends XnovuError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      `${problems.length} bad setting${problems.length === 1 ? "" : "s"}:\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
      {
        exitCode: exitCodes.settings,
        hint: "Set them in the environment or in .env; .env.example lists every setting with its default.",
      },
    );
    this.problems = problems;
  }
}

/** The message of anything thrown, with its innermost cause: `fetch failed` says nothing by itself. */
export const messageOf = (error: unknown): string => describe(error, new Set());

/** `seen` ends a chain of causes that leads back to itself. */
function describe(error: unknown, seen: Set<unknown>): string {
  if (seen.has(error)) return "";
  if (!(error instanceof Error)) return String(error);
  seen.add(error);
  // node's AggregateError of a refused connection (IPv6 and IPv4 tried) has an empty message.
  const parts = error instanceof AggregateError && !error.message ? error.errors.map((e) => describe(e, seen)) : [];
  const own = error.message || parts.filter(Boolean).join("; ") || error.name;
  const cause = error.cause === undefined ? "" : describe(error.cause, seen);
  return cause && !own.includes(cause) ? `${own}: ${cause}` : own;
}
