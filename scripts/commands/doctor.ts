import { UsageError } from "../../core/errors.ts";
import { type Command, type Context, isSet, json, text } from "../cli/command.ts";
import { count } from "../cli/input.ts";
import { table, time } from "../cli/table.ts";
import { audiences, exitCodeOf, type Finding } from "../doctor/finding.ts";

export const doctor: Command = {
  name: "doctor",
  summary: "check every setting and everything XNovu depends on, and say what to do",
  examples: [
    ["doctor", "settings, Postgres, Temporal, Novu, app, worker, backlog"],
    ["doctor --for worker --json", "what the worker needs, for a script"],
    ["doctor --app-url https://notify.example.com", "with the app where it runs"],
  ],
  notes: [
    "Nothing is changed. All is asked at the same time, and what fails hides nothing else.",
    "States: ok; warn, which works and wants a look; down; bad, a setting; unknown, which another line explains.",
    "An app or worker that nobody named by flag or setting (PORT, WORKER_HEALTH_PORT) and that does not answer here is a warning.",
    "Exit codes: 0 nothing is down, 1 something is, 78 bad settings.",
  ].join("\n"),
  flags: [
    { flags: "--for <who>", about: `what to look at: ${audiences.join(", ")}`, fallback: "all" },
    { flags: "--app-url <url>", about: "address of the app; http://127.0.0.1:<PORT> when absent" },
    { flags: "--worker-url <url>", about: "address of the worker; WORKER_HEALTH_PORT on this machine when absent" },
    { flags: "--timeout <ms>", about: "for each question", fallback: "5000" },
    json,
  ],
  async run(context, _args, flags) {
    const asked = text(flags, "for") ?? "all";
    const audience = audiences.find((known) => known === asked);
    if (audience === undefined) throw new UsageError(`--for must be one of ${audiences.join(", ")}`);
    const [appUrl, workerUrl] = [
      address(text(flags, "appUrl"), "--app-url"),
      address(text(flags, "workerUrl"), "--worker-url"),
    ];
    const { examine } = await import("../doctor/examine.ts");
    const { settings, findings } = await examine(context.env, {
      audience,
      limitMs: count(text(flags, "timeout") ?? "5000", "--timeout", 100, 60_000),
      ...(appUrl === undefined ? {} : { appUrl }),
      ...(workerUrl === undefined ? {} : { workerUrl }),
    });
    const code = exitCodeOf(findings);
    if (isSet(flags, "json"))
      context.out(JSON.stringify({ ok: code === 0, for: audience, checks: findings, settings }));
    else print(context, findings);
    return code;
  },
};

function address(value: string | undefined, flag: string): string | undefined {
  if (value === undefined) return undefined;
  if (!/^https?:\/\/[^/]/.test(value) || !URL.canParse(value))
    throw new UsageError(`${flag} must be an address such as https://notify.example.com`);
  return value.replace(/\/+$/, "");
}

function print({ out, note }: Context, findings: readonly Finding[]): void {
  const rows = findings.flatMap(({ check, state, ms, since, found, todo }) => [
    [
      check,
      state,
      ms === undefined ? "" : ms.toFixed(0),
      since === undefined ? found : `${found}, since ${time(since)}`,
    ],
    ...(todo === undefined || state === "ok" ? [] : [["", "", "", `→ ${todo}`]]),
  ]);
  // Wide: what to do must be readable to its end.
  out(table(["CHECK", "STATE", "MS", "FOUND"], rows, 500));
  const wrong = findings.filter(({ state }) => state === "down" || state === "bad").length;
  if (wrong > 0) note(`xnovu: ${wrong} of ${findings.length} checks failed`);
}
